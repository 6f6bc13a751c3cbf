/**
 * The little of Protocol Buffers that an ONNX file needs: varints, 32-bit floats, and length-delimited fields.
 */

/** Collects the fields of one message. */
export class Message {
  readonly #parts: Uint8Array[] = []
  #small: number[] = []
  #length = 0

  /** Bytes written so far. */
  get length(): number {
    return this.#length + this.#small.length
  }

  /** An integer field (wire type 0); negative numbers take ten bytes, as in int64. */
  integer(field: number, value: number | bigint): this {
    this.#varint(field << 3)
    this.#varint(value)
    return this
  }

  /** A 32-bit float field (wire type 5). */
  float(field: number, value: number): this {
    this.#varint((field << 3) | 5)
    this.#small.push(...new Uint8Array(new Float32Array([value]).buffer))
    return this
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value))
  }

  /** A length-delimited field (wire type 2). The bytes are kept by reference until {@link Message.finish}. */
  bytes(field: number, value: Uint8Array): this {
    this.#varint((field << 3) | 2)
    this.#varint(value.length)
    if (value.length < 32) {
      this.#small.push(...value)
    } else {
      this.#flush()
      this.#parts.push(value)
      this.#length += value.length
    }
    return this
  }

  /** A nested message. */
  message(field: number, value: Message): this {
    this.#varint((field << 3) | 2)
    this.#varint(value.length)
    this.#flush()
    value.#flush()
    for (const part of value.#parts) this.#parts.push(part)
    this.#length += value.#length
    return this
  }

  /** A packed list of integers. */
  packed(field: number, values: readonly number[]): this {
    const list = new Message()
    for (const value of values) list.#varint(value)
    return this.message(field, list)
  }

  /** All bytes in one array. */
  finish(): Uint8Array {
    this.#flush()
    const all = new Uint8Array(this.#length)
    let offset = 0
    for (const part of this.#parts) {
      all.set(part, offset)
      offset += part.length
    }
    return all
  }

  #flush(): void {
    if (this.#small.length === 0) return
    this.#parts.push(Uint8Array.from(this.#small))
    this.#length += this.#small.length
    this.#small = []
  }

  #varint(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0 && value < 2 ** 31) {
      let rest = value
      while (rest > 127) {
        this.#small.push((rest & 127) | 128)
        rest >>>= 7
      }
      this.#small.push(rest)
      return
    }
    let rest = BigInt.asUintN(64, BigInt(value))
    while (rest > 127n) {
      this.#small.push(Number(rest & 127n) | 128)
      rest >>= 7n
    }
    this.#small.push(Number(rest))
  }
}
