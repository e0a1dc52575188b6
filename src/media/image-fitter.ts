/** The port to what makes images smaller. */

import type { Size } from './fitted-size.ts'
import type { ImageHeader } from './image-header.ts'

export interface ImageFitter {
  /**
   * The same image at that size, in the same format: the same bytes for the same image, however often it is asked.
   * Undefined where it cannot be read, or takes no fewer bytes. Never rejects.
   */
  fit(base64: string, format: ImageHeader['format'], size: Size): Promise<string | undefined>
}
