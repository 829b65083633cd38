/**
 * What we know about Excel's functions. `formulas.test.ts` and `formulas.sandbox.test.ts` compare each function in the
 * list `proven` with other calculations. Only these are computed here. Excel computes the rest when it opens the file.
 */

/**
 * Functions whose results may be stored, with the positions of the arguments that accept a whole range or array.
 * Positions begin at 0; `n+` means "from n on", `even` and `odd` are for pairs of ranges and conditions. Other
 * arguments accept one value.
 */
const proven: Record<string, string> = {
  '': `ABS SIGN SQRT POWER EXP LN LOG LOG10 PI FACT COMBIN PERMUT SIN COS TAN ASIN ACOS ATAN ATAN2 DEGREES RADIANS
    INT TRUNC ROUND ROUNDUP ROUNDDOWN CEILING FLOOR MROUND EVEN ODD MOD QUOTIENT ROMAN ARABIC BASE DECIMAL BIN2DEC
    DEC2BIN DEC2HEX HEX2DEC CEILING.MATH FLOOR.MATH
    LEN LEFT RIGHT MID UPPER LOWER PROPER TRIM CLEAN CONCATENATE REPT FIND SEARCH SUBSTITUTE REPLACE EXACT CHAR CODE
    UNICHAR UNICODE VALUE NUMBERVALUE FIXED TEXT T
    DATE EDATE EOMONTH YEAR MONTH DAY WEEKDAY WEEKNUM ISOWEEKNUM DAYS DATEDIF DAYS360 YEARFRAC TIME HOUR MINUTE SECOND
    TEXTBEFORE TEXTAFTER SEQUENCE IF IFERROR IFNA IFS SWITCH CHOOSE NOT TRUE FALSE NA
    ISBLANK ISERROR ISERR ISNA ISNUMBER ISTEXT ISNONTEXT ISLOGICAL ISEVEN ISODD N ERROR.TYPE ADDRESS ROW COLUMN
    PMT FV PV NPER IPMT PPMT SLN DB DDB SYD EFFECT NOMINAL CUMIPMT
    CHISQ.DIST.RT F.DIST.RT BINOM.DIST POISSON.DIST EXPON.DIST`,
  '0+': `SUM PRODUCT SUMSQ GCD LCM SUMPRODUCT COUNT COUNTA AVERAGE AVERAGEA MAX MIN MEDIAN STDEV STDEVP VAR VARP
    STDEV.S STDEV.P VAR.S VAR.P GEOMEAN HARMEAN AVEDEV CORREL SLOPE INTERCEPT RSQ COVARIANCE.P COVARIANCE.S
    AND OR XOR CONCAT VSTACK HSTACK ROWS COLUMNS`,
  '0': `COUNTBLANK LARGE SMALL PERCENTILE PERCENTILE.INC PERCENTILE.EXC QUARTILE QUARTILE.INC QUARTILE.EXC TRIMMEAN COUNTIF INDEX IRR UNIQUE SORT TAKE DROP`,
  '1': 'RANK RANK.EQ RANK.AVG VLOOKUP HLOOKUP MATCH XMATCH',
  '2': 'NETWORKDAYS WORKDAY',
  '1+': 'SUBTOTAL NPV LOOKUP',
  '2+': 'TEXTJOIN AGGREGATE',
  '0 1': 'XIRR FILTER',
  '1 2': 'XNPV XLOOKUP FORECAST FORECAST.LINEAR',
  '0 2': 'SUMIF AVERAGEIF',
  even: 'COUNTIFS',
  '0 odd': 'SORTBY SUMIFS AVERAGEIFS MAXIFS MINIFS',
}

/** Functions whose result is always an array. At the top of a formula, it fills more than one cell. */
const spilling = new Set(
  words(`FILTER SORT SORTBY UNIQUE SEQUENCE RANDARRAY VSTACK HSTACK TOROW TOCOL WRAPROWS WRAPCOLS TAKE DROP CHOOSEROWS
    CHOOSECOLS EXPAND TEXTSPLIT MAP SCAN BYROW BYCOL MAKEARRAY TRANSPOSE FREQUENCY MMULT MINVERSE MUNIT LINEST LOGEST
    TREND GROWTH MODE.MULT GROUPBY PIVOTBY TRIMRANGE ANCHORARRAY`),
)

/**
 * Functions that are newer than the file format have a prefix in the file: the "future functions" of [MS-XLSX] 2.2.3, and
 * those that Excel has got since. `FILTER`, `SORT` and `PY` have a second prefix.
 */
const younger = new Set(
  words(`ACOT ACOTH AGGREGATE ANCHORARRAY ARABIC ARRAYTOTEXT BASE BETA.DIST BETA.INV BINOM.DIST BINOM.DIST.RANGE BINOM.INV
    BITAND BITLSHIFT BITOR BITRSHIFT BITXOR BYCOL BYROW CEILING.MATH CEILING.PRECISE CHISQ.DIST CHISQ.DIST.RT CHISQ.INV
    CHISQ.INV.RT CHISQ.TEST CHOOSECOLS CHOOSEROWS COMBINA CONCAT CONFIDENCE.NORM CONFIDENCE.T COT COTH COVARIANCE.P
    COVARIANCE.S CSC CSCH DAYS DECIMAL DROP ENCODEURL ERF.PRECISE ERFC.PRECISE EXPAND EXPON.DIST F.DIST F.DIST.RT F.INV
    F.INV.RT F.TEST FIELDVALUE FILTER FLOOR.MATH FLOOR.PRECISE FORECAST.ETS FORECAST.ETS.CONFINT
    FORECAST.ETS.SEASONALITY FORECAST.ETS.STAT FORECAST.LINEAR FORMULATEXT GAMMA GAMMA.DIST GAMMA.INV GAMMALN.PRECISE
    GAUSS GROUPBY HSTACK HYPGEOM.DIST IFNA IFS IMCOSH IMCOT IMCSC IMCSCH IMSEC IMSECH IMSINH IMTAN ISFORMULA ISOMITTED
    ISOWEEKNUM LAMBDA LET LOGNORM.DIST LOGNORM.INV MAKEARRAY MAP MAXIFS MINIFS MODE.MULT MODE.SNGL MUNIT NEGBINOM.DIST
    NORM.DIST NORM.INV NORM.S.DIST NORM.S.INV NUMBERVALUE PDURATION PERCENTILE.EXC PERCENTILE.INC PERCENTOF
    PERCENTRANK.EXC PERCENTRANK.INC PERMUTATIONA PHI PIVOTBY POISSON.DIST QUARTILE.EXC QUARTILE.INC RANDARRAY RANK.AVG
    RANK.EQ REDUCE REGEXEXTRACT REGEXREPLACE REGEXTEST RRI SCAN SEC SECH SEQUENCE SHEET SHEETS SINGLE SKEW.P SORT SORTBY
    STDEV.P STDEV.S SWITCH T.DIST T.DIST.2T T.DIST.RT T.INV T.INV.2T T.TEST TAKE TEXTAFTER TEXTBEFORE TEXTJOIN TEXTSPLIT
    TOCOL TOROW TRIMRANGE UNICHAR UNICODE UNIQUE VALUETOTEXT VAR.P VAR.S VSTACK WEIBULL.DIST WRAPCOLS WRAPROWS XLOOKUP
    XMATCH XOR Z.TEST`),
)

const arrayPositions = new Map(
  Object.entries(proven).flatMap(([positions, names]) =>
    words(names).map((name) => [name, words(positions).map(positionTest)] as const),
  ),
)

export const isProven = (name: string) => arrayPositions.has(name)

export const spills = (name: string) => spilling.has(name)

/** Whether the argument accepts a range or array as a whole. For unknown functions, we assume so. */
export function takesArray(name: string, position: number): boolean {
  return arrayPositions.get(name)?.some((test) => test(position)) ?? true
}

/** The prefix of the function's name in the file. */
export function prefixOf(name: string): string {
  if (!younger.has(name)) return ''
  return name === 'FILTER' || name === 'SORT' ? '_xlfn._xlws.' : '_xlfn.'
}

function positionTest(positions: string): (position: number) => boolean {
  if (positions === 'even') return (position) => position % 2 === 0
  if (positions === 'odd') return (position) => position % 2 === 1
  const first = Number.parseInt(positions, 10)
  return positions.endsWith('+') ? (position) => position >= first : (position) => position === first
}

function words(text: string): string[] {
  return text.split(/\s+/).filter(Boolean)
}
