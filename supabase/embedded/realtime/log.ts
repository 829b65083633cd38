import type { Logger } from 'pino'

export type RealtimeLog = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>
