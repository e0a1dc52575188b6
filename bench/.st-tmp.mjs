import { loadLearning } from '/work/scratch/wt/learn/bench/learning/modules.mjs'
import { loadStatic } from '/work/scratch/wt/learn/bench/cache/embedders.mjs'
import { remembering } from '/work/scratch/wt/learn/bench/learning/learned-stream.mjs'
import { readMmlu } from '/work/scratch/wt/learn/bench/learning/mmlu.mjs'
import { stationary } from '/work/scratch/wt/learn/bench/learning/stationary.mjs'
const rows = readMmlu('/work/shared/data')
const modules = await loadLearning(); const emb = remembering(await loadStatic())
const q=Number(process.argv[2]), from=Number(process.argv[3]), to=Number(process.argv[4])
for (let seed=from; seed<=to; seed++) {
  const t=performance.now()
  const r = await stationary(rows, modules, emb, { policy:{share:.05,maxQualityLoss:q,judge:undefined}, seed, checkpoints:[500,1000,2000,3500] })
  console.log(seed, 'req',r.requests,'begun',r.begun.toFixed(3),'lost',(100*r.lost).toFixed(2), ((performance.now()-t)/1000).toFixed(1)+'s')
  console.log('   pts', r.points.map(p=>`${p.labels}: v${p.version} ${p.begun.toFixed(3)} ${(100*p.lost).toFixed(2)}`).join(' | '))
  console.log('   ev', r.events.map(e=>`${e.labels} ${e.kind}${e.figures?JSON.stringify([e.figures.begun.toFixed(3),e.figures.before.toFixed(3)]):''}${e.kind==='accepted'?' '+e.version.figures.begun.toFixed(3)+' lost '+e.version.figures.lost+'/'+e.version.figures.tested+' up '+e.version.figures.upper.toFixed(4):''}`).join('\n      '))
}
