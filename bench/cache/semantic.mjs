// The program's own layers as the bench calls them: bundled from src/, so that what is measured is what ships.
import { loadModules } from '../bundled.mjs'

const MODULES = [
  'cache/semantic/calibrations',
  'cache/semantic/confidence',
  'cache/semantic/entry-evidence',
  'cache/semantic/question-reading',
  'cache/semantic/residue',
  'cache/semantic/term-frequencies',
  'cache/semantic/verifier',
  'cache/semantic/veto',
  'metering/wilson',
]

export const loadSemantic = () => loadModules(MODULES, 'cache/semantic')
