/** Of each model server that trimtab starts: whether it runs, or could be started. */
import type { Finding } from './doctor.ts'

/** What was found of one provider's command. */
export type CommandState =
  /** A running trimtab started it. `changed`: with other words than are configured now. */
  | { kind: 'runs'; pid: number; port: number; ready: boolean; changed: boolean }
  /** Its trimtab was killed, and its watcher with it. */
  | { kind: 'orphan'; pid: number }
  /** A running trimtab starts it again and again. */
  | { kind: 'failing'; reason: string }
  | { kind: 'startable'; program: string }
  | { kind: 'no_program'; program: string }
  | { kind: 'no_folder'; folder: string }

export function checkCommand(provider: string, state: CommandState): Finding {
  const finding = (result: Finding['state'], message: string): Finding => ({
    name: `provider ${provider}`,
    state: result,
    message,
  })
  switch (state.kind) {
    case 'runs':
      return running(state, finding)
    case 'orphan':
      return finding(
        'warn',
        `process ${state.pid} was left by a trimtab that was killed; the next \`trimtab serve\` stops it.`,
      )
    case 'failing':
      return finding(
        'fail',
        `${state.reason}, and a running trimtab starts it again; its log has what it printed.`,
      )
    case 'startable':
      return finding('ok', `not running; \`trimtab serve\` starts ${state.program}.`)
    case 'no_program':
      return finding(
        'fail',
        `there is no program ${state.program}; install it, or state its whole path in providers.${provider}.command.`,
      )
    case 'no_folder':
      return finding(
        'fail',
        `there is no folder ${state.folder} to run in; make it, or state another as providers.${provider}.directory.`,
      )
    default:
      return state satisfies never
  }
}

function running(
  { pid, port, ready, changed }: Extract<CommandState, { kind: 'runs' }>,
  finding: (state: Finding['state'], message: string) => Finding,
): Finding {
  const where = `as process ${pid} at 127.0.0.1:${port}`
  if (changed) return finding('warn', `runs ${where} with another command than is configured now.`)
  return ready
    ? finding('ok', `runs ${where}, and is ready.`)
    : finding('warn', `runs ${where}, but is not ready yet; its lines in the log say what it does.`)
}
