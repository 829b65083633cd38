import { expect, test } from 'vitest'
import { decodeText } from './text-encoding.ts'

/** Short tables, as people export them from old programs. */
const samples: [encoding: string, ...texts: string[]][] = [
  ['shift_jis', '商品名,数量,価格\nりんご,10,120円\nみかん,5,80円\n', '名前,住所\n山田太郎,東京都千代田区', '顧客'],
  [
    'gb18030',
    '产品,数量,价格\n苹果,10,12.5\n香蕉,5,8\n',
    '姓名,地址\n王小明,北京市朝阳区',
    '客户',
    '合同编号,甲方,金额（元）',
  ],
  ['big5', '姓名,地址\n王小明,台北市中正區', '客戶名稱'],
  ['euc-kr', '이름,주소\n김철수,서울시 강남구'],
  ['euc-jp', '商品名,数量,価格\nりんご,10,120円'],
  [
    'windows-1250',
    'Jméno;Město\nŽofie Dvořáková;Plzeň\nJiří;Ústí',
    'Imię\nŁukasz Wójcik\nMałgorzata Żak',
    'Kovács Győző;Tóth Ágnes',
  ],
  ['windows-1250', 'Łódź', 'Ime\nMaja Žagar Čuš', 'Ştefan;Timişoara;Bucureşti', 'KOŠICE; ŽILINA'],
  [
    'windows-1251',
    'Имя;Город;Сумма\nИван;Москва;1200',
    'Наименование товара;Количество',
    'ДОГОВОР № 5',
    'Ім’я;Місто\nОлена;Київ',
  ],
  [
    'windows-1252',
    'Name;Straße;Größe\nMüller;Königstraße 5;5 €',
    'Café;Prix\nCrème brûlée;5,50 €',
    'Søren;Århus',
    'Año;Muñoz',
  ],
  ['windows-1252', 'São Paulo;ação', 'It’s the customer’s “choice” – yes', '§ 5 Abs. 2', 'Größe'],
  ['windows-1253', 'Όνομα;Πόλη\nΓιώργος;Αθήνα'],
  ['windows-1254', 'İsim;Şehir\nAyşe;İstanbul\nÇağrı;İzmir'],
  ['windows-1255', 'שם;עיר\nדוד;ירושלים'],
  ['windows-1256', 'الاسم;المدينة\nمحمد;القاهرة'],
  ['windows-874', 'ชื่อ,เมือง\nสมชาย,กรุงเทพ'],
  ['koi8-r', 'Имя;Город;Сумма\nИван;Москва;1200'],
]

test.each(samples)('%s is guessed from short texts, and said to be a guess', (encoding, ...texts) => {
  for (const text of texts) {
    expect(decodeText(encoded(text, encoding))).toMatchObject({ text, isGuess: true })
  }
})

test('Unicode is recognised, with or without a byte order mark', () => {
  const text = 'Name;Ort\nMüller;Köln\n姓名'
  const utf16le = new Uint8Array(Uint16Array.from([...text].map((char) => char.charCodeAt(0))).buffer)
  const utf16be = new Uint8Array(utf16le.map((_, at) => utf16le[at ^ 1]!))
  const utf8 = new TextEncoder().encode(text)
  const marked = (mark: number[], bytes: Uint8Array) => new Uint8Array([...mark, ...bytes])
  const files = {
    'utf-8': [utf8, marked([0xef, 0xbb, 0xbf], utf8)],
    'utf-16le': [utf16le, marked([0xff, 0xfe], utf16le)],
    'utf-16be': [utf16be, marked([0xfe, 0xff], utf16be)],
  }
  for (const [encoding, all] of Object.entries(files)) {
    for (const bytes of all) expect(decodeText(bytes)).toEqual({ text, encoding, isGuess: false })
  }
})

test.each([
  ['a picture', [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13]],
  ['zeros', [0, 0, 0, 0]],
  ['numbers of 16 bits', [1, 0, 2, 0, 3, 0]],
  ['control characters', [1, 2, 3, 0xff, 5, 6, 7, 8]],
])('%s: no text', (_, bytes) => expect(decodeText(new Uint8Array(bytes))).toBeUndefined())

test('a long text whose sample ends inside a character is guessed, and read to its end', () => {
  const text = `x${'数量价格产品'.repeat(12_000)}`
  expect(decodeText(encoded(text, 'gb18030'))?.text).toBe(text)
})

const tables = new Map<string, Map<string, number[]>>()

function encoded(text: string, encoding: string): Uint8Array {
  const table = tables.get(encoding) ?? byCharacter(encoding)
  tables.set(encoding, table)
  return new Uint8Array([...text].flatMap((char) => table.get(char)!))
}

/** The bytes of each character of one or two bytes: the platform decodes these encodings, but does not encode them. */
function byCharacter(encoding: string): Map<string, number[]> {
  const decoder = new TextDecoder(encoding)
  const table = new Map<string, number[]>()
  const add = (...bytes: number[]) => {
    const char = decoder.decode(new Uint8Array(bytes))
    if ([...char].length === 1 && char !== '\ufffd' && !table.has(char)) table.set(char, bytes)
  }
  for (let first = 0; first < 256; first++) add(first)
  for (let first = 0x81; first < 0xff; first++) for (let second = 0x40; second < 0xff; second++) add(first, second)
  return table
}
