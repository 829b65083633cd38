/** The sandbox's image: its name, whether a daemon has it, and how it is built. */
import { copyFile, link, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type Docker from 'dockerode'
import packageJson from '../package.json' with { type: 'json' }

export const SANDBOX_IMAGE = `persona-sandbox:${packageJson.version}`

const FOLDER = join(import.meta.dirname, 'image')

/** What the image is built from, besides this process's own node. */
export const IMAGE_SOURCES = ['Dockerfile', 'fonts.txt', 'python.txt'].map((name) => join(FOLDER, name))

export async function hasImage(docker: Docker, image: string): Promise<boolean> {
  try {
    await docker.getImage(image).inspect()
    return true
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return false
    throw error
  }
}

/**
 * Builds `SANDBOX_IMAGE` on the daemon; needs a Debian mirror and, unless `baseImage` is there already, a registry.
 * Fails with the build's last error. `onProgress` gets the lines of its output.
 */
export async function buildImage(
  docker: Docker,
  { baseImage, onProgress = () => {} }: { baseImage?: string; onProgress?(line: string): void } = {},
): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'persona-image-'))
  try {
    for (const source of IMAGE_SOURCES) await copyFile(source, join(context, basename(source)))
    await link(process.execPath, join(context, 'node')).catch(() => copyFile(process.execPath, join(context, 'node')))
    const output = await docker.buildImage(
      { context, src: [...IMAGE_SOURCES.map((source) => basename(source)), 'node'] },
      {
        t: SANDBOX_IMAGE,
        networkmode: 'host',
        forcerm: true,
        ...(baseImage ? { buildargs: { BASE_IMAGE: baseImage } } : {}),
      },
    )
    await followBuild(docker, output, onProgress)
  } finally {
    await rm(context, { recursive: true })
  }
}

async function followBuild(docker: Docker, output: NodeJS.ReadableStream, onProgress: (line: string) => void) {
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(
      output,
      (error, steps: { error?: string }[]) => {
        const message = error?.message ?? steps.find((step) => step.error)?.error
        if (message) reject(new Error(`The sandbox's image could not be built: ${message}`))
        else resolve()
      },
      (step: { stream?: string }) => {
        if (step.stream?.trim()) onProgress(step.stream.trim())
      },
    )
  })
}
