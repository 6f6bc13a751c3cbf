/**
 * What the tour says of one kind of model: plain values, which the page sets in type.
 */

/** A number beside others like it. */
export interface Measure {
  /** `bound on -log p(x)`. */
  readonly title: string
  /** Unit, data, and which way is better: `nats a digit, 2,000 test digits; lower is better`. */
  readonly note: string
  readonly entries: readonly MeasureEntry[]
}

/** One of the numbers of a {@link Measure}. */
export interface MeasureEntry {
  readonly name: string
  readonly value: number
  /** The number as it is shown. */
  readonly text: string
  /** Whether it is that of the model which was trained here. */
  readonly ours?: boolean
}

/** Rows of images with a label each. */
export interface Picture {
  readonly kind: 'picture'
  readonly title: string
  readonly caption: string
  readonly rows: readonly PictureRow[]
}

/** One image of a {@link Picture}. */
export interface PictureRow {
  readonly label?: string
  /** `data:image/png;base64,...`. */
  readonly url: string
  readonly width: number
  readonly height: number
}

/** Texts whose tokens are shaded: when a feature is on. */
export interface ShadedTexts {
  readonly kind: 'shaded'
  readonly title: string
  readonly caption: string
  readonly groups: readonly {
    readonly label: string
    readonly lines: readonly (readonly ShadedToken[])[]
  }[]
}

/** A token and how strongly a feature is on for it, 0 to 1. */
export interface ShadedToken {
  readonly text: string
  readonly level: number
}

/** What searches found. */
export interface Searches {
  readonly kind: 'searches'
  readonly title: string
  readonly caption: string
  readonly queries: readonly {
    readonly query: string
    /** The rank of the right answer, from 1; undefined where it is beyond those looked at. */
    readonly rank?: number
    readonly hits: readonly { readonly text: string; readonly right: boolean }[]
  }[]
}

export type Exhibit = Picture | ShadedTexts | Searches

/** A chart of lines over the updates. */
export interface Curve {
  readonly title: string
  readonly yLabel: string
  readonly lines: readonly {
    readonly name: string
    readonly x: readonly number[]
    readonly y: readonly number[]
    /** A level to compare with, not something that was learnt. */
    readonly level?: boolean
  }[]
}

/** See the top of the file. */
export interface Chapter {
  readonly title: string
  /** What the model is, what it was given and what came out, in a few sentences. */
  readonly lead: string
  /** Data, model, updates: names and values. */
  readonly facts: readonly (readonly [name: string, value: string])[]
  /** The first one stands in the list at the head of the page. */
  readonly numbers: readonly Measure[]
  readonly pictures: readonly Exhibit[]
  readonly curves: readonly Curve[]
  /** The lines that did it. */
  readonly code: string
  /** All of it, data and measuring too. */
  readonly seconds: number
  /** Of what did not go as planned. */
  readonly note?: string
}
