/** Gives a run a message, or tries its turn again. The database decides what happens to it in one transaction. */
import { z } from 'zod'
import { MessageReceipt, RunResponse, type SendMessageRequest } from '../../contracts/api.ts'
import { ask, type Db } from '../_shared/data/database.ts'

/** A repeated `idempotencyKey` of the same person adds no second message. */
export async function sendMessage(
  db: Db,
  runId: string,
  message: z.output<typeof SendMessageRequest>,
  idempotencyKey: string | undefined,
): Promise<MessageReceipt> {
  const { input, attachments } = message
  const sent = db.rpc('send_message', { run_id: runId, input, attachments, idempotency_key: idempotencyKey })
  return MessageReceipt.parse(await ask(sent))
}

const Retried = RunResponse.extend({ created: z.boolean() })

/** `input` replaces the last message of the turn. */
export async function retryTurn(
  db: Db,
  runId: string,
  input: string | undefined,
  idempotencyKey: string | undefined,
): Promise<z.infer<typeof Retried>> {
  return Retried.parse(await ask(db.rpc('retry_turn', { run_id: runId, input, idempotency_key: idempotencyKey })))
}
