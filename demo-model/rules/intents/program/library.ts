/** The small programs that the demo model can write, in Python and in JavaScript. */

export interface Program {
  /** Its file name, without the ending. */
  name: string
  pattern: RegExp
  /** `count` is the number that the person named, or this one. */
  count: number
  python(count: number): string
  javascript(count: number): string
}

const words = (text: string) => new RegExp(`(?<![\\p{L}])(?:${text})(?![\\p{L}])`, 'iu')

export const programs: Program[] = [
  {
    name: 'primes',
    pattern: words('primes?(?: numbers?)?|primzahlen?|nombres? premiers?|números? primos?|primos'),
    count: 100,
    python: (count) =>
      `def is_prime(n):\n    if n < 2:\n        return False\n    return all(n % d for d in range(2, int(n ** 0.5) + 1))\n\n\nprint(*[n for n in range(2, ${count} + 1) if is_prime(n)])\n`,
    javascript: (count) =>
      `function isPrime(n) {\n  if (n < 2) return false\n  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false\n  return true\n}\n\nconst primes = []\nfor (let n = 2; n <= ${count}; n++) if (isPrime(n)) primes.push(n)\nconsole.log(primes.join(' '))\n`,
  },
  {
    name: 'fibonacci',
    pattern: words('fibonacci(?:-?(?:numbers|zahlen|folge|sequence))?'),
    count: 10,
    python: (count) => `a, b = 0, 1\nfor _ in range(${count}):\n    print(a)\n    a, b = b, a + b\n`,
    javascript: (count) =>
      `let [a, b] = [0n, 1n]\nfor (let n = 0; n < ${count}; n++) {\n  console.log(String(a))\n  ;[a, b] = [b, a + b]\n}\n`,
  },
  {
    name: 'fizzbuzz',
    pattern: words('fizz ?buzz'),
    count: 100,
    python: (count) =>
      `for n in range(1, ${count} + 1):\n    print("Fizz" * (n % 3 == 0) + "Buzz" * (n % 5 == 0) or n)\n`,
    javascript: (count) =>
      `for (let n = 1; n <= ${count}; n++) {\n  console.log((n % 3 ? '' : 'Fizz') + (n % 5 ? '' : 'Buzz') || n)\n}\n`,
  },
  {
    name: 'factorial',
    pattern: words('factorials?|fakultät|factorielle|factorial'),
    count: 10,
    python: (count) => `import math\n\nprint(math.factorial(${count}))\n`,
    javascript: (count) =>
      `let product = 1n\nfor (let n = 1n; n <= ${count}n; n++) product *= n\nconsole.log(String(product))\n`,
  },
  {
    name: 'times-table',
    pattern: words('multiplication table|times tables?|einmaleins|tables? de multiplication|tablas? de multiplicar'),
    count: 10,
    python: (count) => `for a in range(1, ${count} + 1):\n    print(*[f"{a * b:4}" for b in range(1, ${count} + 1)])\n`,
    javascript: (count) =>
      `for (let a = 1; a <= ${count}; a++) {\n  const row = Array.from({ length: ${count} }, (_, b) => String(a * (b + 1)).padStart(4))\n  console.log(row.join(' '))\n}\n`,
  },
  {
    name: 'squares',
    pattern: words('squares?|square numbers|quadratzahlen|carrés|cuadrados'),
    count: 10,
    python: (count) => `for n in range(1, ${count} + 1):\n    print(n, n * n)\n`,
    javascript: (count) => `for (let n = 1; n <= ${count}; n++) console.log(n, n * n)\n`,
  },
  {
    name: 'even-numbers',
    pattern: words('even numbers|gerade(?:n)? zahlen|nombres pairs|números pares'),
    count: 20,
    python: (count) => `print(*range(2, ${count} + 1, 2))\n`,
    javascript: (count) =>
      `const even = []\nfor (let n = 2; n <= ${count}; n += 2) even.push(n)\nconsole.log(even.join(' '))\n`,
  },
  {
    name: 'countdown',
    pattern: words('count ?down|counts? down|countdown|rückwärts|compte à rebours|cuenta (?:atrás|regresiva)'),
    count: 10,
    python: (count) => `for n in range(${count}, 0, -1):\n    print(n)\nprint("Go!")\n`,
    javascript: (count) => `for (let n = ${count}; n > 0; n--) console.log(n)\nconsole.log('Go!')\n`,
  },
  {
    name: 'count',
    pattern: words(
      '(?:counts?|prints?|counting) (?:the )?(?:numbers )?(?:from )?1 (?:to|through)|(?:zahlen|zählt) von 1 bis|von 1 bis \\d+ zählt|(?:compte|affiche) (?:les nombres )?de 1 à|(?:cuente|muestre|imprima) (?:los números )?del? 1 al?',
    ),
    count: 10,
    python: (count) => `for n in range(1, ${count} + 1):\n    print(n)\n`,
    javascript: (count) => `for (let n = 1; n <= ${count}; n++) console.log(n)\n`,
  },
  {
    name: 'temperatures',
    pattern: words('celsius|fahrenheit'),
    count: 100,
    python: (count) =>
      `for celsius in range(0, ${count} + 1, 10):\n    print(f"{celsius} °C = {celsius * 9 / 5 + 32:.0f} °F")\n`,
    javascript: (count) =>
      `for (let celsius = 0; celsius <= ${count}; celsius += 10) {\n  console.log(celsius + ' °C = ' + ((celsius * 9) / 5 + 32) + ' °F')\n}\n`,
  },
  {
    name: 'hello',
    pattern: words('hello,? world|hallo,? welt|bonjour,? (?:le )?monde|hola,? mundo|(?:prints?|says?) hello'),
    count: 1,
    python: () => 'print("Hello, world!")\n',
    javascript: () => "console.log('Hello, world!')\n",
  },
]
