// The table: one row a check, printed as it comes and once more at the end.

/** Thrown by work that cannot be done on this machine: neither passed nor failed. */
export class Skipped extends Error {}

const widths = [9, 14, 34, 8]

export class Report {
  /** @type {string[]} */
  #rows = []
  #passed = 0
  #failed = 0

  constructor() {
    this.#print(['installer', 'runtime', 'check', 'result'], 'seconds')
  }

  /**
   * Does the work, and writes a row about it.
   *
   * @template T
   * @param {[installer: string, runtime: string, check: string]} names
   * @param {() => Promise<T>} work throws where the check fails
   * @returns {Promise<T | undefined>} undefined where it did
   */
  async row(names, work) {
    const start = performance.now()
    const finish = (/** @type {string} */ result) =>
      this.#print([...names, result], ((performance.now() - start) / 1000).toFixed(1).padStart(7))
    try {
      const value = await work()
      this.#passed += 1
      finish('passed')
      return value
    } catch (error) {
      if (error instanceof Skipped) {
        finish('skipped')
        this.#note(`  ${error.message}`)
      } else {
        this.#failed += 1
        finish('FAILED')
        console.log(`\n${error instanceof Error ? error.message : error}\n`)
      }
      return undefined
    }
  }

  /** Prints the table and the count. @returns {number} the exit code */
  finish() {
    console.log(`\n${this.#rows.join('\n')}\n\n${this.#passed} passed, ${this.#failed} failed`)
    return this.#failed === 0 ? 0 : 1
  }

  /**
   * @param {string[]} cells
   * @param {string} seconds
   */
  #print(cells, seconds) {
    const text = cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(' ')
    this.#note(`${text} ${seconds}`)
  }

  #note(/** @type {string} */ line) {
    this.#rows.push(line)
    console.log(line)
  }
}
