/**
 * LangChain makes a LangSmith run tree for each runnable that LangGraph calls, even when tracing is off, and passes it on
 * by AsyncLocalStorage. This takes a quarter of a graph's CPU time. Nothing reads it here: our nodes get their context as an
 * argument and use our own trace id. Import this module before the graph, for its side effect.
 */
import { AsyncLocalStorageProviderSingleton } from '@langchain/core/singletons'

AsyncLocalStorageProviderSingleton.runWithConfig = (_config, callback) => callback() as never
