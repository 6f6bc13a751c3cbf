/**
 * What the page of a sparse autoencoder shows, as compact JSON.
 */

/** A stretch of the tokens around one where a feature is strong. */
export interface ReportExample {
  /** Its first token, as a place in the stream. */
  readonly start: number
  /** The strong one. */
  readonly peak: number
  /** A letter for each token, `0-9A-Za-z`: how strong, from nothing to the feature's maximum. */
  readonly levels: string
}

/** One latent. */
export interface ReportFeature {
  /** For how many tokens it is on. */
  readonly on: number
  /** Its largest value. */
  readonly most: number
  /** How many of its values lie in each part from 0 to the largest. */
  readonly bins: readonly number[]
  /** Features whose decoder rows point the same way, and the cosine. */
  readonly near: readonly (readonly [feature: number, cosine: number])[]
  /** Tokens whose logits it raises, and by how much for a value of 1. */
  readonly up: readonly (readonly [token: number, effect: number])[]
  readonly down: readonly (readonly [token: number, effect: number])[]
  /** Strongest first. */
  readonly examples: readonly ReportExample[]
}

/** See the top of the file. */
export interface ReportData {
  readonly title: string
  /** Names and values, for the head of the page. */
  readonly facts: readonly (readonly [name: string, value: string])[]
  /** The text of each token id. */
  readonly vocabulary: readonly string[]
  /** The ids of the tokens that were looked at. */
  readonly stream: readonly number[]
  readonly features: readonly ReportFeature[]
}

/** The letters of {@link ReportExample.levels}, weakest first. */
export const LEVELS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
