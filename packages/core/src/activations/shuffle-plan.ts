/**
 * The order of one pass over rows in many shards, within a bound of rows in memory.
 *
 * Shards are cut into pieces, the pieces are put in random order, and as many as fit are held together as a group whose
 * rows are put in random order. Group after group gives every row once. What a batch holds follows from the generator
 * and its number alone, so a pass can begin at any batch.
 */
import type { Rng } from '../rng.ts'

/** Consecutive rows of one shard. */
export interface Piece {
  readonly shard: number
  readonly begin: number
  readonly end: number
}

/** Pieces whose rows are in memory together. */
export interface Group {
  readonly index: number
  readonly pieces: readonly Piece[]
  readonly rows: number
  /** The number of its first row in the pass. */
  readonly start: number
}

/** Pieces of a group, at least: rows of one text lie side by side, and are to be mixed with those of others. */
const PIECES = 32

/** How many rows of each shard belong to it. */
export interface Part {
  readonly shard: number
  readonly begin: number
  readonly end: number
}

/**
 * The groups of a pass.
 * @param groupRows the most rows of a group
 * @param rng puts the pieces in random order; without it they stay in order
 */
export function shuffleGroups(
  parts: readonly Part[],
  groupRows: number,
  rng: Rng | undefined,
): Group[] {
  const pieceRows = Math.max(1, Math.floor(groupRows / PIECES))
  const pieces: Piece[] = []
  let total = 0
  for (const { shard, begin, end } of parts) {
    total += end - begin
    for (let at = begin; at < end; at += pieceRows) {
      pieces.push({ shard, begin: at, end: Math.min(end, at + pieceRows) })
    }
  }
  const order = rng?.fold(0).permutation(pieces.length)
  // All of about one size, so that none at the end mixes few places; a group may exceed its share by a part of a piece.
  const count = Math.ceil(total / (groupRows - pieceRows + 1))
  const groups: Group[] = []
  let held: Piece[] = []
  let start = 0
  let rows = 0
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[order?.[i] ?? i] as Piece
    held.push(piece)
    rows += piece.end - piece.begin
    if (start + rows < ((groups.length + 1) * total) / count) continue
    groups.push({ index: groups.length, pieces: held, rows, start })
    start += rows
    held = []
    rows = 0
  }
  return groups
}

/** The order of a group's rows. */
export function rowOrder(group: Group, rng: Rng | undefined): Int32Array | undefined {
  return rng?.fold(1).fold(group.index).permutation(group.rows)
}
