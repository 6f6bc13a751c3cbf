import { env } from '@tensorflow/tfjs-core'

// Silences the banner that tfjs prints when it finds itself in Node.
env().set('IS_TEST', true)
