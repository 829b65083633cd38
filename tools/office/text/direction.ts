/** Whether a paragraph runs from right to left. Its first letter decides (Unicode's rule P2). */
const FIRST_LETTER = /\p{L}/u
const RIGHT_TO_LEFT =
  /\p{Script=Arabic}|\p{Script=Hebrew}|\p{Script=Syriac}|\p{Script=Thaana}|\p{Script=Nko}|\p{Script=Adlam}/u

export function isRightToLeft(paragraph: string): boolean {
  const letter = FIRST_LETTER.exec(paragraph)?.[0]
  return letter !== undefined && RIGHT_TO_LEFT.test(letter)
}
