import { loadLearning } from './learning/modules.mjs'
import { loadStatic } from './cache/embedders.mjs'
import { remembering } from './learning/learned-stream.mjs'
import { readMmlu } from './learning/mmlu.mjs'
import { shift, plotted } from './learning/shift.mjs'
const rows = readMmlu('/work/shared/data')
const modules = await loadLearning(); const emb = remembering(await loadStatic())
for (let seed=1; seed<=Number(process.argv[2]); seed++) {
  const o={policy:{share:.05,maxQualityLoss:.02,judge:undefined},seed,at:30000,end:60000}
  const t=performance.now()
  const r = await shift(rows,modules,emb,o)
  if(seed===1) console.log(plotted(r.line,o))
  console.log(seed, JSON.stringify(r.noticed), 'early',r.early, ((performance.now()-t)/1000).toFixed(1)+'s', r.events.map(e=>e.labels+e.kind[0]).join(' '))
}
