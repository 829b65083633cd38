import { admit } from './attachments'

/** The files that somebody attaches to what they write: chosen, dropped or pasted. `leftOut` says why a file is not among them. */
export function useAttachedFiles() {
  const files = ref<File[]>([])
  const leftOut = ref<string[]>([])

  function add(chosen: Iterable<File>) {
    const admitted = admit(files.value, [...chosen])
    files.value = admitted.files
    leftOut.value = admitted.problems
  }
  function remove(index: number) {
    files.value = files.value.toSpliced(index, 1)
    leftOut.value = []
  }
  function clear() {
    files.value = []
    leftOut.value = []
  }
  return { files, leftOut, add, remove, clear }
}
