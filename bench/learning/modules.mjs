// What routing learns with, bundled from src/, so that what is measured is what ships.
import { loadModules } from '../bundled.mjs'

const MODULES = [
  'routing/learn/learning',
  'routing/learn/label-features',
  'routing/learn/label-set',
  'routing/learn/ridge-fit',
  'storage/sqlite-learn-store',
]

export const loadLearning = () => loadModules(MODULES, 'learning/learning')
