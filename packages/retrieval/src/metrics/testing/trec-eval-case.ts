/**
 * A run with ties, ids outside ASCII, grades below 0, a query without relevant documents, one that the run lacks and one
 * that was not judged; the values are what trec_eval 9.0.8 printed for it (`-q -c`, `recip_rank` with `-M 3`).
 */

/** `query document:grade ...` */
export const qrelsText = `q1 d4:1 é1:-1 d10:1 d0:0 d1:-1 d8:-1 Z:1 d5:1
q2 d3:2 d7:1 d10:-1
q3 😀x:1 d10:0 d7:1 d9:1 Ａy:0 d5:2 d4:1 d3:0 d2:1 a:-1 d0:-1
q4 Ａy:0 d9:0 d11:0 d6:0 d10:0 d5:0 d0:0 d7:0 a:0 d2:0 d4:0 é1:0
q5 d4:1 d7:3 d10:1 d3:0 d0:0
q6 é1:0 a:1 d6:0 Ａy:-1 d1:0 d7:1 d10:-1 😀x:-1 d0:-1 d3:1 d8:0
q7 é1:0 d4:1 d10:-1 Z:-1 d5:3 d9:1
q8 Z:1 a:-1 d4:0 d1:1 d2:0 😀x:0 d5:2 Ａy:1 d7:-1 é1:3
q9 d7:1 é1:1 d11:0 Z:2 d3:-1 😀x:-1
q10 d0:1 Z:3 Ａy:2 d10:0 d5:-1 😀x:3 d1:2 d11:1 d6:1 d3:1 d7:2 d9:-1`

/** `query document:score ...` */
export const runText = `q1 d7:3 d2:2.50
q2 d1:3 d7:3 d0:1e-9 d8:2 d2:2.5 d4:1 d6:3 é1:1e-9 😀x:1 a:3 d11:1 d9:3 d10:2 Z:2.50 Ａy:1e-9
q3 d5:-1 d10:2.50 d2:1 d7:-1 d6:1 d0:2.5 Z:2.50 d1:1e-9 d8:1e-9 a:1 Ａy:1 😀x:1e-9 é1:1e-9 d3:2.5 d4:1e-9
q4 d1:2.5 d6:2 é1:-1 d4:2.50 d2:-1 d11:3 d3:2.5 Z:1e-9 d9:2.50 d7:2.5 d0:1e-9 a:2.50 d10:2 😀x:2 Ａy:1
q5 d0:1e-9 d4:-1 d6:3 d8:3 d5:1e-9 d9:1e-9 d11:1e-9 é1:1 d2:2.50
q6 d11:1 d0:-1
q8 d2:-1 d8:3 Z:2.5 d5:1e-9 a:2 😀x:3 d3:-1 Ａy:-1 d9:-1
q9 Z:1 d8:2 d3:1 d11:2 d9:2.50 d5:2 d7:2.5 😀x:2 é1:2.50
q10 d5:2.50 d4:-1 d0:1e-9 d2:2 d9:3
unjudged d1:3`

/** What trec_eval calls the measures. */
type Measure = 'ndcg_cut_3' | 'ndcg_cut_10' | 'recip_rank' | 'recall_3' | 'recall_10' | 'map'

/** By query, in the order q1 to q10. */
export const expected: Readonly<Record<Measure, readonly number[]>> = {
  ndcg_cut_3: [0.0, 0.2398, 0.0, 0.0, 0.0, 0.0, 0.0, 0.105, 0.4791, 0.0],
  ndcg_cut_10: [0.0, 0.2398, 0.1474, 0.0, 0.0729, 0.0, 0.0, 0.2921, 0.6714, 0.0488],
  recip_rank: [0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.3333, 1.0, 0.0],
  recall_3: [0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.2, 0.6667, 0.0],
  recall_10: [0.0, 0.5, 0.3333, 0.0, 0.3333, 0.0, 0.0, 0.6, 1.0, 0.1111],
  map: [0.0, 0.25, 0.2057, 0.0, 0.037, 0.0, 0.0, 0.2467, 0.6667, 0.0278],
}

/** Means over the judged queries, and over those that are in the run as well. */
export const means: Readonly<Record<Measure, readonly number[]>> = {
  ndcg_cut_3: [0.0824, 0.0915],
  ndcg_cut_10: [0.1472, 0.1636],
  recip_rank: [0.1833, 0.2037],
  recall_3: [0.1367, 0.1519],
  recall_10: [0.2878, 0.3198],
  map: [0.1434, 0.1593],
}
