/**
 * LangChain makes a LangSmith run tree for each runnable that LangGraph calls, even where nothing is traced, and hands it
 * on by AsyncLocalStorage: a quarter of a graph's CPU. Our nodes get their context as an argument and are traced by our
 * own trace id, so nothing reads it. Imported for its effect, before the graph.
 */
import { AsyncLocalStorageProviderSingleton } from '@langchain/core/singletons'

AsyncLocalStorageProviderSingleton.runWithConfig = (_config, callback) => callback() as never
