/**
 * Posterior collapse: the decoder learns to do without the code, and the posterior falls back to the prior
 * (Bowman et al. 2016; Lucas et al. 2019).
 */
import type { EpochRecord } from '@winnow/core'

/** A latent dimension whose KL stays below this, in nats, carries nothing. */
export const UNUSED_NATS = 0.01

/** Where fewer than this share of the dimensions are in use, there is a word about it. */
const SCARCE = 0.1

/** Warnings for an epoch's metrics; none while the codes are in use. */
export function collapseWarnings(epoch: EpochRecord, latent: number): readonly string[] {
  const { activeUnits, kl } = epoch.validation ?? epoch.training
  const advice = 'lower beta, warm it up with a schedule, or allow free bits'
  if (kl !== undefined && kl < UNUSED_NATS * latent) {
    return [
      `posterior collapse: the codes carry ${kl.toFixed(4)} nats in all, the decoder ignores them; ${advice}`,
    ]
  }
  if (activeUnits !== undefined && activeUnits < SCARCE * latent) {
    return [
      `posterior collapse: ${activeUnits.toFixed(1)} of ${latent} latent dimensions carry more than ${UNUSED_NATS} nats; ${advice}`,
    ]
  }
  return []
}
