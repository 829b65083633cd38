/** The reference: plain LangGraph with its own Postgres checkpointer, in process. No queue, no ledger, no audit. */
import { randomUUID } from 'node:crypto'
import { Annotation, END, START, StateGraph } from '@langchain/langgraph'
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres'
import pg from 'pg'
import type { Message } from '../../executor/runs/model/model-client.ts'
import { answer, noop, POOL, type Side, TASK } from './work.ts'

const State = Annotation.Root({
  messages: Annotation<Message[], Message[]>({ reducer: (old, added) => [...old, ...added], default: () => [] }),
})
type State = typeof State.State

/**
 * `sync` writes each checkpoint before the next step, which a run needs to survive a crash; LangGraph's default is
 * `async`.
 */
export async function startFloor(databaseUrl: string, durability: 'sync' | 'async'): Promise<Side> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: POOL })
  pool.on('error', () => {}) // the server stops while its last connections are still closing
  const checkpointer = new PostgresSaver(pool, undefined, { schema: 'floor' })
  await checkpointer.setup()
  const graph = new StateGraph(State)
    .addNode('think', think)
    .addNode('act', act)
    .addEdge(START, 'think')
    .addConditionalEdges('think', ({ messages }) => (callsOf(messages).length > 0 ? 'act' : END), ['act', END])
    .addEdge('act', 'think')
    .compile({ checkpointer })
  return {
    async run() {
      const input = { messages: [{ role: 'user' as const, content: TASK }] }
      const state = await graph.invoke(input, { configurable: { thread_id: randomUUID() }, durability })
      if (state.messages.at(-1)?.content !== 'Done.') throw new Error('plain LangGraph did not finish its run')
    },
    close: () => pool.end(),
  }
}

async function think({ messages }: State): Promise<Partial<State>> {
  const { text, toolCalls } = await answer(messages)
  const tool_calls = toolCalls.map((call) => ({
    id: call.id,
    type: 'function' as const,
    function: { name: call.name, arguments: call.arguments },
  }))
  return { messages: [{ role: 'assistant', content: text, ...(tool_calls.length > 0 && { tool_calls }) }] }
}

async function act({ messages }: State): Promise<Partial<State>> {
  const results = callsOf(messages).map(async (call) => ({
    role: 'tool' as const,
    tool_call_id: call.id,
    content: JSON.stringify(await noop()),
  }))
  return { messages: await Promise.all(results) }
}

function callsOf(messages: Message[]) {
  const last = messages.at(-1)
  return last?.role === 'assistant' ? (last.tool_calls ?? []) : []
}
