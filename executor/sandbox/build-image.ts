/**
 * Builds the sandbox's image on the Docker daemon of this machine, or of DOCKER_HOST:
 * `node executor/sandbox/build-image.ts [base image]` (default debian:trixie-slim).
 */
import { buildImage, SANDBOX_IMAGE } from './image.ts'
import { reachDocker } from './select-driver.ts'

const docker = await reachDocker(process.env)
if (!docker) throw new Error('No Docker daemon answers. Start one, or set DOCKER_HOST.')
await buildImage(docker, { baseImage: process.argv[2], onProgress: (line) => console.log(line) })
console.log(`built ${SANDBOX_IMAGE}`)
