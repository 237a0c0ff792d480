// Writes assets/translations/countries.LANGUAGE.json: the names of countries in our languages, as node's ICU has them from
// Unicode CLDR. The results are committed; run it from the top folder with a newer node when countries change their names.
const fs = require('fs')

const table = fs.readFileSync('internal/proposals/country.go', 'utf8')
const codes = [...table.matchAll(/^\t\{"([A-Z]{2})", "/gm)].map(m => m[1]).sort()
const brief = new Set(['HK', 'MO', 'PS', 'MM']) // whose full names name more than people do
const own = { uk: { ZA: 'ПАР', MM: 'Мʼянма' }, lt: { MM: 'Mianmaras' } } // what people say
for (const language of ['de', 'es', 'fr', 'lt', 'uk']) {
  const long = new Intl.DisplayNames([language], { type: 'region' })
  const short = new Intl.DisplayNames([language], { type: 'region', style: 'short' })
  const names = {}
  for (const code of codes) names['country.' + code] = own[language]?.[code] ?? (brief.has(code) ? short : long).of(code)
  fs.writeFileSync(`assets/translations/countries.${language}.json`, JSON.stringify(names, null, 2) + '\n')
}
