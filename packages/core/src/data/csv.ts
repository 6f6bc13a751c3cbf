/**
 * Tables of numbers as text (CSV, RFC 4180; also with semicolons or tabs), with or without a header, and a label column.
 */
import papaparse from 'papaparse'
import { check, WinnowError } from '../error.ts'
import type { FileArray } from './host-array.ts'

/** A table of numbers. */
export interface Table extends FileArray {
  /** `[rows, columns]` in row-major order, the label column left out. */
  readonly data: Float32Array
  /** The names of the columns where the file has a header; the label column left out. */
  readonly columns?: readonly string[]
  /** The label of each row, where a label column was asked for: an index into `classNames`. */
  readonly labels?: Int32Array
  /** The labels' texts, in the order of numbers if all are numbers, else of the alphabet. */
  readonly classNames?: readonly string[]
}

/** Options of {@link parseCsv}. */
export interface CsvOptions {
  /** What errors call the file. */
  readonly name?: string
  /** The column to take as label: a header name, or a number from 0 (from the end where negative). */
  readonly label?: string | number
  /** Whether the first row is names; by default it is when one of its cells (labels apart) is not a number. */
  readonly header?: boolean
}

/**
 * Reads a table of numbers.
 * @throws WinnowError when a cell is not a finite number, the rows differ in length, or there are none; names the line
 */
export function parseCsv(text: string, options: CsvOptions = {}): Table {
  const { name = 'CSV' } = options
  const reader = new TableReader(name, options)
  papaparse.parse<string[]>(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text, {
    delimiter: delimiterOf(text),
    skipEmptyLines: true,
    step: ({ data, errors }) => {
      const [error] = errors
      if (error !== undefined)
        throw new WinnowError(`${name}: row ${reader.rows + 1}: ${error.message}`)
      reader.add(data)
    },
  })
  return reader.finish()
}

class TableReader {
  rows = 0
  readonly #name: string
  readonly #options: CsvOptions
  readonly #labels: string[] = []
  #columns: string[] | undefined
  #label = -1
  #width = 0
  #values = new Float32Array(256)
  #length = 0

  constructor(name: string, options: CsvOptions) {
    this.#name = name
    this.#options = options
  }

  add(cells: readonly string[]): void {
    this.rows++
    if (this.rows === 1) {
      this.#width = cells.length
      if (this.#begin(cells)) return
    }
    check(
      cells.length === this.#width,
      () =>
        `${this.#name}: row ${this.rows} has ${cells.length} cells, the first has ${this.#width}`,
    )
    for (let column = 0; column < cells.length; column++) {
      const cell = cells[column] as string
      if (column === this.#label) this.#labels.push(cell.trim())
      else this.#push(this.#number(cell, column))
    }
  }

  finish(): Table {
    const columns = this.#width - (this.#label === -1 ? 0 : 1)
    const rows = columns === 0 ? 0 : this.#length / columns
    check(rows > 0, () => `${this.#name}: no rows of numbers, expected at least one`)
    const names = this.#columns?.filter((_, column) => column !== this.#label)
    const classNames = [...new Set(this.#labels)].sort(inOrder)
    const indexOf = new Map(classNames.map((label, index) => [label, index]))
    return {
      data: this.#values.slice(0, this.#length),
      shape: [rows, columns],
      dtype: 'float32',
      ...(names && { columns: names }),
      ...(this.#label !== -1 && {
        labels: Int32Array.from(this.#labels, (label) => indexOf.get(label) as number),
        classNames,
      }),
    }
  }

  /** Looks at the first row; true when it is a header. */
  #begin(cells: readonly string[]): boolean {
    const { label, header } = this.#options
    if (typeof label === 'number') {
      this.#label = label < 0 ? cells.length + label : label
      check(
        Number.isInteger(label) && this.#label >= 0 && this.#label < cells.length,
        () => `label: column ${label} came, but ${this.#name} has ${cells.length} columns`,
      )
    }
    const isHeader =
      header ??
      (typeof label === 'string' ||
        cells.some((cell, column) => column !== this.#label && toNumber(cell) === undefined))
    if (isHeader) this.#columns = cells.map((cell) => cell.trim())
    if (typeof label === 'string') {
      this.#label = this.#columns?.indexOf(label) ?? -1
      check(
        this.#label !== -1,
        () =>
          `label: column '${label}' came, but ${this.#name} has ${this.#columns?.join(', ') ?? 'no header'}`,
      )
    }
    return isHeader
  }

  #number(cell: string, column: number): number {
    const value = toNumber(cell)
    if (value !== undefined) return value
    const named = this.#columns?.[column]
    throw new WinnowError(
      `${this.#name}: row ${this.rows}, column ${named === undefined ? column : `'${named}'`}: ` +
        `${JSON.stringify(cell.slice(0, 40))} came, expected a number`,
    )
  }

  #push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float32Array(2 * this.#length)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.#length++] = value
  }
}

/** The number that a cell is, as float32 can hold it; undefined when it is none. */
function toNumber(cell: string): number | undefined {
  const text = cell.trim()
  if (!/^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(text)) return undefined
  const value = Math.fround(Number(text))
  return Number.isFinite(value) ? value : undefined
}

/** The separator that the first line has most of. */
function delimiterOf(text: string): string {
  const start = /[^\r\n]/.exec(text)?.index ?? 0
  const line = text.slice(start, start + 10_000).split(/[\r\n]/, 1)[0] ?? ''
  const count = (delimiter: string) => line.split(delimiter).length
  return [',', ';', '\t'].reduce((best, next) => (count(next) > count(best) ? next : best))
}

function inOrder(a: string, b: string): number {
  const [x, y] = [toNumber(a), toNumber(b)]
  if (x !== undefined && y !== undefined) return x - y
  if (x !== undefined || y !== undefined) return x !== undefined ? -1 : 1
  return a < b ? -1 : a > b ? 1 : 0
}
