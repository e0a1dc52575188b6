/** What makes images smaller, in one Node process: sharp, which is loaded once a policy asks for it, where it is installed. */
import type { ImageFitter } from '../../media/image-fitter.ts'
import type { Policy, PolicySet } from '../../policy/policy.ts'
import { OpenedWhenNeeded, reasonOf } from './opened-when-needed.ts'

/** How an operator comes to it. */
const SHARP_MISSING =
  'the package `sharp` is not installed beside trimtab; `npm install sharp` installs it, and images go as they come until then'

export class NodeImages {
  readonly #room: OpenedWhenNeeded<ImageFitter>
  #fault: string | undefined

  constructor(warn: (message: string) => void, open: () => Promise<ImageFitter> = openSharp) {
    this.#room = new OpenedWhenNeeded({
      isNeededBy: ({ input }: Pick<Policy, 'input'>) => input?.images !== undefined,
      open,
      failed: (reason) => {
        this.#fault = `Images are not made smaller, as a policy's \`input.images\` asks: ${reason}.`
        warn(this.#fault)
      },
    })
  }

  /** Undefined as long as nobody needed it, or where it cannot be loaded: images go as they come. */
  get fitter(): ImageFitter | undefined {
    return this.#room.opened
  }

  /** For `/readyz`. */
  notices(): readonly { message: string }[] {
    return this.#room.opened === undefined && this.#fault !== undefined ? [{ message: this.#fault }] : []
  }

  /** Loads it where a policy asks for it. Never rejects. */
  neededBy(policies: PolicySet): Promise<void> {
    return this.#room.neededBy(policies)
  }
}

/** For `check`: why a server here could not make images smaller; undefined where it could. */
export async function imagesFault(): Promise<string | undefined> {
  return openSharp().then(
    () => undefined,
    (error: unknown) => reasonOf(error),
  )
}

/** @throws Error with half a sentence where it cannot be loaded */
async function openSharp(): Promise<ImageFitter> {
  const [{ default: sharp }, { SharpImages }] = await Promise.all([
    import('sharp').catch((error: unknown) => {
      throw new Error(isMissing(error) ? SHARP_MISSING : firstLineOf(reasonOf(error)))
    }),
    import('./sharp-images.ts'),
  ])
  return new SharpImages(sharp)
}

/** Where its library is not there, sharp says at length what may be done. */
function firstLineOf(reason: string): string {
  return reason.split('\n', 1)[0] ?? reason
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException)?.code === 'ERR_MODULE_NOT_FOUND'
}
