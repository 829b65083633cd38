/** One running product (`npm start`) and one Chromium for all browser tests. */
import { chromium } from 'playwright-core'
import type { TestProject } from 'vitest/node'
import { startDemoModel } from '../../../demo-model/server.ts'
import { buildWeb } from '../../../scripts/build-web.ts'
import { startProduct } from '../../support/product.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the product answers. */
    productUrl: string
    /** A model server that a workspace may name as its provider: scripts are added to it (demo-model/client.ts). */
    modelUrl: string
    /** Where tests connect to the browser. */
    browserEndpoint: string
  }
}

const chromiumFlags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await buildWeb((line) => console.log(line))
  const model = await startDemoModel()
  const product = await startProduct({ env: { INTERNAL_HOSTS: `localhost:4000 ${new URL(model.url).host}` } })
  const browser = await chromium.launchServer({ executablePath: '/usr/bin/chromium', args: chromiumFlags })
  project.provide('modelUrl', model.url)
  project.provide('productUrl', product.url)
  project.provide('browserEndpoint', browser.wsEndpoint())
  return async () => {
    await browser.close()
    await product.stop()
    await model.close()
  }
}
