/** Files of sound, as long as one wants them: their real layout, and silence. */

/** 16-bit mono. */
export function wave(seconds: number, rate = 16_000): Uint8Array<ArrayBuffer> {
  const data = Math.round(seconds * rate) * 2
  const bytes = Buffer.alloc(44 + data)
  bytes.write('RIFF', 0, 'latin1')
  bytes.writeUInt32LE(36 + data, 4)
  bytes.write('WAVEfmt ', 8, 'latin1')
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(1, 20)
  bytes.writeUInt16LE(1, 22)
  bytes.writeUInt32LE(rate, 24)
  bytes.writeUInt32LE(rate * 2, 28)
  bytes.writeUInt16LE(2, 32)
  bytes.writeUInt16LE(16, 34)
  bytes.write('data', 36, 'latin1')
  bytes.writeUInt32LE(data, 40)
  return Uint8Array.from(bytes)
}

/** MPEG-1 layer III at 44.1 kHz, 128 kbit/s, mono: frames of 417 bytes. `counted`: the first one tells their number. */
export function mp3(frames: number, { counted = false, tagBytes = 0 } = {}): Uint8Array<ArrayBuffer> {
  const frame = Buffer.alloc(417)
  frame.set([0xff, 0xfb, 0x90, 0xc0])
  const all = Array.from({ length: frames }, () => Buffer.from(frame))
  const [first] = all
  if (counted && first !== undefined) {
    first.write('Xing', 4 + 17, 'latin1')
    first.writeUInt32BE(1, 4 + 17 + 4)
    first.writeUInt32BE(frames, 4 + 17 + 8)
  }
  const tag = Buffer.alloc(tagBytes === 0 ? 0 : 10 + tagBytes)
  if (tagBytes > 0) {
    tag.write('ID3\x04', 0, 'latin1')
    for (let index = 0; index < 4; index++) tag[6 + index] = (tagBytes >> (7 * (3 - index))) & 0x7f
  }
  return Uint8Array.from(Buffer.concat([tag, ...all]))
}

/** Pages of Opus or Vorbis; `samples` as the last one counts them. */
export function ogg(kind: 'opus' | 'vorbis', samples: number, rate: number): Uint8Array<ArrayBuffer> {
  const packet = Buffer.alloc(30)
  if (kind === 'opus') packet.write('OpusHead', 0, 'latin1')
  else {
    packet.write('\x01vorbis', 0, 'latin1')
    packet.writeUInt32LE(rate, 12)
  }
  return Uint8Array.from(
    Buffer.concat([
      page(0, packet),
      page(Math.round(samples / 2), Buffer.alloc(200, 1)),
      page(samples, Buffer.alloc(200, 2)),
    ]),
  )
}

function page(samples: number, packet: Buffer): Buffer {
  const head = Buffer.alloc(28)
  head.write('OggS', 0, 'latin1')
  head.writeBigInt64LE(BigInt(samples), 6)
  head[26] = 1
  head[27] = packet.length
  return Buffer.concat([head, packet])
}

/** `atEnd`: its head stands behind the sound, as recorders write it. */
export function m4a(units: number, unitsPerSecond: number, atEnd: boolean): Uint8Array<ArrayBuffer> {
  const head = Buffer.alloc(100)
  head.writeUInt32BE(unitsPerSecond, 12)
  head.writeUInt32BE(units, 16)
  const film = box('moov', box('mvhd', head))
  const sound = box('mdat', Buffer.alloc(50_000, 7))
  return Uint8Array.from(
    Buffer.concat([box('ftyp', Buffer.from('M4A \0\0\0\0')), ...(atEnd ? [sound, film] : [film, sound])]),
  )
}

function box(name: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + content.length, 0)
  head.write(name, 4, 'latin1')
  return Buffer.concat([head, content])
}

export function flac(samples: number, rate: number): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.alloc(9000, 3)
  bytes.write('fLaC\0\0\0\x22', 0, 'latin1')
  bytes.writeUInt32BE(rate * 4096 + (15 << 4), 18)
  bytes.writeUInt32BE(samples, 22)
  bytes[21] = 0xf0
  return Uint8Array.from(bytes)
}
