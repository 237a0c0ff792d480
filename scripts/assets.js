// The step of assets.sh that needs a program: the 50m countries of world-atlas, projected (Miller), thinned, in
// hundredths of a degree. assets/world.go says what the bytes mean.
const fs = require('fs'), path = require('path')
const [, , work, out] = process.argv

const topo = JSON.parse(fs.readFileSync(path.join(work, 'world/countries-50m.json')))
const codes = new Map(JSON.parse(fs.readFileSync(path.join(work, 'codes/codes.json'))).map(([a2, , n]) => [n, a2]))
const { scale, translate } = topo.transform
const project = (lon, lat) => {
  const phi = Math.max(-85, Math.min(85, lat)) * Math.PI / 180
  return [lon, -1.25 * Math.log(Math.tan(Math.PI / 4 + 0.4 * phi)) * 180 / Math.PI]
}
const arcs = topo.arcs.map(arc => {
  let x = 0, y = 0
  return thin(arc.map(([dx, dy]) => project((x += dx) * scale[0] + translate[0], (y += dy) * scale[1] + translate[1])), 0.025)
    .map(([a, b]) => [Math.round(a * 100), Math.round(b * 100)])
})
const bytes = [...Buffer.from('MWM1')]
const uvarint = v => { while (v > 127) { bytes.push(v & 127 | 128); v = Math.floor(v / 128) } bytes.push(v) }
const varint = v => uvarint(v < 0 ? -2 * v - 1 : 2 * v)
uvarint(arcs.length)
for (const a of arcs) {
  uvarint(a.length)
  let px = 0, py = 0
  for (const [x, y] of a) { varint(x - px); varint(y - py); px = x; py = y }
}
const lands = new Map() // by code: some countries come in several pieces. Code-less ones stay apart.
topo.objects.countries.geometries.forEach((g, i) => {
  if (g.id === '010') return // Antarctica has no exits and half the height
  const code = g.properties.name === 'Kosovo' ? 'XK' : codes.get(g.id)
  const rings = (g.type === 'Polygon' ? [g.arcs] : g.arcs).flat()
  lands.set(code || i, [...lands.get(code || i) || [], ...rings])
})
uvarint(lands.size)
for (const [code, rings] of lands) {
  bytes.push(...Buffer.from(typeof code === 'string' ? code : '--'))
  uvarint(rings.length)
  for (const ring of rings) { uvarint(ring.length); ring.forEach(varint) }
}
fs.writeFileSync(out, Buffer.from(bytes))

// thin is Douglas-Peucker; the ends of an arc stay, so neighbours still meet.
function thin(pts, tolerance) {
  if (pts.length < 3) return pts
  const keep = new Array(pts.length).fill(false)
  keep[0] = keep[pts.length - 1] = true
  const todo = [[0, pts.length - 1]]
  while (todo.length) {
    const [a, b] = todo.pop()
    let far = 0, at = -1
    for (let i = a + 1; i < b; i++) {
      const d = distance(pts[i], pts[a], pts[b])
      if (d > far) { far = d; at = i }
    }
    if (far > tolerance) { keep[at] = true; todo.push([a, at], [at, b]) }
  }
  return pts.filter((_, i) => keep[i])
}

function distance([x, y], [x0, y0], [x1, y1]) {
  const dx = x1 - x0, dy = y1 - y0, l = dx * dx + dy * dy
  const t = l ? Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / l)) : 0
  return Math.hypot(x - x0 - t * dx, y - y0 - t * dy)
}
