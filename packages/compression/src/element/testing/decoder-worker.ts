/** The worker of the tests. */
import { serveDecoder } from '../serve-decoder.ts'

serveDecoder()
