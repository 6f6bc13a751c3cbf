/**
 * What a command writes to, and the exit code it leaves: a stand-in for `process` that tests can read.
 */

/** Standard output or standard error. */
export interface TextStream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** The two streams that a command line has. */
export interface Streams {
  readonly stdout: TextStream
  readonly stderr: TextStream
}

/** Handed to every command. Results go to `stdout`, all that is said on the way to `stderr`. */
export interface Terminal extends Streams {
  /** 0 unless a command says otherwise; errors are thrown, not coded here. */
  exitCode: number
}
