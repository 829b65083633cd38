/**
 * The children that ECMA-376 (parts 1 and 4, schemas pml, dml-main, dml-chart) gives to each element that our decks
 * have: in this order, `?` none or one, `*` any number, `+` at least one, `|` one of these. A child without a prefix
 * has its parent's.
 */
const FILL = 'a:noFill|a:solidFill|a:gradFill|a:blipFill|a:pattFill|a:grpFill'
const LINE = 'noFill|solidFill|gradFill|pattFill? prstDash|custDash? round|bevel|miter? headEnd? tailEnd? extLst?'
const LEVELS = `a:defPPr? ${[1, 2, 3, 4, 5, 6, 7, 8, 9].map((level) => `a:lvl${level}pPr?`).join(' ')} a:extLst?`
const PARAGRAPH =
  'lnSpc? spcBef? spcAft? buClrTx|buClr? buSzTx|buSzPct|buSzPts? buFontTx|buFont? buNone|buAutoNum|buChar|buBlip? ' +
  'tabLst? defRPr? extLst?'
const CHARACTERS = `ln? ${FILL}? effectLst|effectDag? highlight? uLnTx|uLn? uFillTx|uFill? latin? ea? cs? sym? hlinkClick? hlinkMouseOver? rtl? extLst?`
const SHAPE = `a:xfrm? a:custGeom|a:prstGeom? ${FILL}? a:ln? a:effectLst|a:effectDag? a:scene3d? a:sp3d? a:extLst?`
const COLOUR = 'srgbClr|schemeClr|sysClr|prstClr|hslClr|scrgbClr'
const COLOUR_CHANGES = 'alpha|lumMod|lumOff|tint|shade|satMod*'
const TEXT = 'a:bodyPr a:lstStyle? a:p+'
const SHOWN = 'showLegendKey? showVal? showCatName? showSerName? showPercent? showBubbleSize? separator?'
const LABEL = `numFmt? spPr? txPr? dLblPos? ${SHOWN}`
const SERIES = 'idx order tx? spPr?'
const AXIS =
  'axId scaling delete? axPos majorGridlines? minorGridlines? title? numFmt? majorTickMark? minorTickMark? tickLblPos? ' +
  'spPr? txPr? crossAx crosses|crossesAt?'
const GROUP = 'grouping? varyColors? ser* dLbls? dropLines?'

const presentation: Record<string, string> = {
  'p:presentation':
    'sldMasterIdLst? notesMasterIdLst? handoutMasterIdLst? sldIdLst? sldSz? notesSz smartTags? embeddedFontLst? ' +
    'custShowLst? photoAlbum? custDataLst? kinsoku? defaultTextStyle? modifyVerifier? extLst?',
  'p:sldMasterIdLst': 'sldMasterId*',
  'p:notesMasterIdLst': 'notesMasterId?',
  'p:sldIdLst': 'sldId*',
  'p:defaultTextStyle': LEVELS,
  'p:sld': 'cSld clrMapOvr? transition? timing? extLst?',
  'p:sldLayout': 'cSld clrMapOvr? transition? timing? hf? extLst?',
  'p:sldMaster': 'cSld clrMap sldLayoutIdLst? transition? timing? hf? txStyles? extLst?',
  'p:notesMaster': 'cSld clrMap hf? notesStyle? extLst?',
  'p:notes': 'cSld clrMapOvr? extLst?',
  'p:sldLayoutIdLst': 'sldLayoutId*',
  'p:txStyles': 'titleStyle? bodyStyle? otherStyle? extLst?',
  'p:titleStyle': LEVELS,
  'p:bodyStyle': LEVELS,
  'p:otherStyle': LEVELS,
  'p:notesStyle': LEVELS,
  'p:clrMapOvr': 'a:masterClrMapping|a:overrideClrMapping',
  'p:cSld': 'bg? spTree custDataLst? controls? extLst?',
  'p:bg': 'bgPr|bgRef',
  'p:bgPr': `${FILL} a:effectLst|a:effectDag? extLst?`,
  'p:bgRef': 'a:schemeClr|a:srgbClr?',
  'p:spTree': 'nvGrpSpPr grpSpPr sp|grpSp|graphicFrame|cxnSp|pic* extLst?',
  'p:nvGrpSpPr': 'cNvPr cNvGrpSpPr nvPr',
  'p:grpSpPr': `a:xfrm? ${FILL}? a:effectLst|a:effectDag? a:scene3d? a:extLst?`,
  'p:sp': 'nvSpPr spPr style? txBody? extLst?',
  'p:nvSpPr': 'cNvPr cNvSpPr nvPr',
  'p:cNvPr': 'a:hlinkClick? a:hlinkHover? a:extLst?',
  'p:cNvSpPr': 'a:spLocks? a:extLst?',
  'p:nvPr': 'ph? custDataLst? extLst?',
  'p:spPr': SHAPE,
  'p:txBody': TEXT,
  'p:graphicFrame': 'nvGraphicFramePr xfrm a:graphic extLst?',
  'p:nvGraphicFramePr': 'cNvPr cNvGraphicFramePr nvPr',
  'p:cNvGraphicFramePr': 'a:graphicFrameLocks? a:extLst?',
  'p:xfrm': 'a:off? a:ext?',
  'p:pic': 'nvPicPr blipFill spPr style? extLst?',
  'p:nvPicPr': 'cNvPr cNvPicPr nvPr',
  'p:cNvPicPr': 'a:picLocks? a:extLst?',
  'p:blipFill': 'a:blip? a:srcRect? a:tile|a:stretch?',
}

const drawing: Record<string, string> = {
  'a:tblStyleLst': 'tblStyle*',
  'a:xfrm': 'off? ext? chOff? chExt?',
  'a:prstGeom': 'avLst?',
  'a:ln': LINE,
  'a:solidFill': `${COLOUR}?`,
  'a:srgbClr': COLOUR_CHANGES,
  'a:schemeClr': COLOUR_CHANGES,
  'a:prstClr': COLOUR_CHANGES,
  'a:sysClr': COLOUR_CHANGES,
  'a:bodyPr': 'prstTxWarp? noAutofit|normAutofit|spAutoFit? scene3d? sp3d|flatTx? extLst?',
  'a:lstStyle': LEVELS,
  'a:p': 'pPr? r|br|fld* endParaRPr?',
  'a:pPr': PARAGRAPH,
  'a:defPPr': PARAGRAPH,
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9].map((level) => [`a:lvl${level}pPr`, PARAGRAPH])),
  'a:r': 'rPr? t',
  'a:br': 'rPr?',
  'a:fld': 'rPr? pPr? t?',
  'a:rPr': CHARACTERS,
  'a:defRPr': CHARACTERS,
  'a:endParaRPr': CHARACTERS,
  'a:lnSpc': 'spcPct|spcPts',
  'a:spcBef': 'spcPct|spcPts',
  'a:spcAft': 'spcPct|spcPts',
  'a:buClr': COLOUR,
  'a:graphic': 'graphicData',
  'a:graphicData': 'a:tbl|c:chart',
  'a:tbl': 'tblPr? tblGrid tr*',
  'a:tblPr': `${FILL}? effectLst|effectDag? tableStyle|tableStyleId? extLst?`,
  'a:tblGrid': 'gridCol*',
  'a:tr': 'tc* extLst?',
  'a:tc': 'txBody? tcPr? extLst?',
  'a:txBody': TEXT,
  'a:tcPr': `lnL? lnR? lnT? lnB? lnTlToBr? lnBlToTr? cell3D? ${FILL}? headers? extLst?`,
  'a:lnL': LINE,
  'a:lnR': LINE,
  'a:lnT': LINE,
  'a:lnB': LINE,
  'a:blip': 'alphaModFix* extLst?',
  'a:stretch': 'fillRect?',
}

const chart: Record<string, string> = {
  'c:chartSpace':
    'date1904? lang? roundedCorners? style? clrMapOvr? pivotSource? protection? chart spPr? txPr? externalData? ' +
    'printSettings? userShapes? extLst?',
  'c:chart':
    'title? autoTitleDeleted? pivotFmts? view3D? floor? sideWall? backWall? plotArea legend? plotVisOnly? dispBlanksAs? extLst?',
  'c:title': 'tx? layout? overlay? spPr? txPr? extLst?',
  'c:tx': 'rich|strRef|v',
  'c:rich': TEXT,
  'c:txPr': TEXT,
  'c:spPr': SHAPE,
  'c:plotArea':
    'layout? barChart|lineChart|areaChart|pieChart|doughnutChart+ valAx|catAx|dateAx|serAx* dTable? spPr? extLst?',
  'c:barChart': `barDir ${GROUP.replace(' dropLines?', '')} gapWidth? overlap? serLines* axId axId extLst?`,
  'c:lineChart': `${GROUP.replace('grouping?', 'grouping')} hiLowLines? upDownBars? marker? smooth? axId axId extLst?`,
  'c:areaChart': `${GROUP} axId axId extLst?`,
  'c:pieChart': 'varyColors? ser* dLbls? firstSliceAng? extLst?',
  'c:doughnutChart': 'varyColors? ser* dLbls? firstSliceAng? holeSize? extLst?',
  'c:barChart/c:ser': `${SERIES} invertIfNegative? pictureOptions? dPt* dLbls? trendline* errBars? cat? val? shape? extLst?`,
  'c:lineChart/c:ser': `${SERIES} marker? dPt* dLbls? trendline* errBars? cat? val? smooth? extLst?`,
  'c:areaChart/c:ser': `${SERIES} pictureOptions? dPt* dLbls? trendline* errBars* cat? val? extLst?`,
  'c:pieChart/c:ser': `${SERIES} explosion? dPt* dLbls? cat? val? extLst?`,
  'c:doughnutChart/c:ser': `${SERIES} explosion? dPt* dLbls? cat? val? extLst?`,
  'c:ser/c:marker': 'symbol? size? spPr? extLst?',
  'c:dPt': 'idx invertIfNegative? marker? bubble3D? explosion? spPr? pictureOptions? extLst?',
  'c:dLbls': `dLbl* delete? ${LABEL} showLeaderLines? leaderLines? extLst?`,
  'c:dLbl': `idx delete? layout? tx? ${LABEL} extLst?`,
  'c:cat': 'multiLvlStrRef|numRef|numLit|strRef|strLit',
  'c:val': 'numRef|numLit',
  'c:strRef': 'f strCache? extLst?',
  'c:numRef': 'f numCache? extLst?',
  'c:multiLvlStrRef': 'f multiLvlStrCache? extLst?',
  'c:strCache': 'ptCount? pt* extLst?',
  'c:numCache': 'formatCode? ptCount? pt* extLst?',
  'c:multiLvlStrCache': 'ptCount? lvl* extLst?',
  'c:lvl': 'pt*',
  'c:pt': 'v',
  'c:catAx': `${AXIS} auto? lblAlgn? lblOffset? tickLblSkip? tickMarkSkip? noMultiLvlLbl? extLst?`,
  'c:valAx': `${AXIS} crossBetween? majorUnit? minorUnit? dispUnits? extLst?`,
  'c:scaling': 'logBase? orientation? max? min? extLst?',
  'c:majorGridlines': 'spPr?',
  'c:legend': 'legendPos? legendEntry* layout? overlay? spPr? txPr? extLst?',
  'c:externalData': 'autoUpdate?',
}

/** By the name of the element, or by parent and name if the order depends on the parent. */
export const CHILDREN = new Map(Object.entries({ ...presentation, ...drawing, ...chart }))

/** Elements of our decks that have no children, named in the same way. */
export const LEAVES = new Set(
  (
    'p:sldMasterId p:notesMasterId p:sldId p:sldSz p:notesSz p:clrMap p:sldLayoutId p:hf p:cNvGrpSpPr p:ph ' +
    'a:off a:ext a:chOff a:chExt a:avLst a:noFill a:prstDash a:round a:headEnd a:tailEnd a:effectLst a:masterClrMapping a:normAutofit ' +
    'a:spAutoFit a:noAutofit a:t a:latin a:ea a:cs a:sym a:spcPct a:spcPts a:buNone a:buChar a:buFont a:buSzPct ' +
    'a:spLocks a:picLocks a:graphicFrameLocks a:gridCol a:fillRect a:srcRect a:alpha a:lumMod a:lumOff a:tint ' +
    'c:date1904 c:roundedCorners c:autoTitleDeleted c:plotVisOnly c:dispBlanksAs c:layout c:overlay c:barDir ' +
    'c:grouping c:varyColors c:gapWidth c:overlap c:axId c:firstSliceAng c:holeSize c:idx c:order c:invertIfNegative ' +
    'c:symbol c:size c:bubble3D c:numFmt c:dLblPos c:showLegendKey c:showVal c:showCatName c:showSerName ' +
    'c:showPercent c:showBubbleSize c:showLeaderLines c:f c:v c:ptCount c:formatCode c:delete c:axPos ' +
    'c:majorTickMark c:minorTickMark c:tickLblPos c:crossAx c:crosses c:auto c:lblAlgn c:noMultiLvlLbl ' +
    'c:crossBetween c:orientation c:max c:min c:legendPos c:autoUpdate c:marker c:smooth a:graphicData/c:chart c:lblOffset'
  ).split(' '),
)

/** The allowed places of labels for each kind of chart. PowerPoint refuses files with other places. */
export const LABEL_PLACES = new Map([
  ['c:barChart', ['ctr', 'inBase', 'inEnd', 'outEnd']],
  ['c:lineChart', ['b', 'ctr', 'l', 'r', 't']],
  ['c:pieChart', ['bestFit', 'ctr', 'inEnd', 'outEnd']],
  ['c:areaChart', []],
  ['c:doughnutChart', []],
])
