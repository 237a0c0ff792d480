package proposals

// Continent groups countries. The zero Continent is not known.
type Continent uint8

// The continents.
const (
	UnknownContinent Continent = iota
	Africa
	Antarctica
	Asia
	Europe
	NorthAmerica
	Oceania
	SouthAmerica
)

var continentNames = [...]string{"Unknown", "Africa", "Antarctica", "Asia", "Europe", "North America", "Oceania", "South America"}

// String is the continent's English name.
func (c Continent) String() string {
	if int(c) < len(continentNames) {
		return continentNames[c]
	}
	return continentNames[UnknownContinent]
}

// land is one row of the table of countries.
type land struct {
	code      string // ISO 3166-1 alpha-2
	name      string // the English name that people use
	continent Continent
	lon, lat  float64 // of the capital, degrees
	aliases   string  // other names that people type, separated by |
}

// CountryName is the English name of the country with this ISO 3166-1 alpha-2 code. A code that is not in the table is
// its own name; "" is "Unknown country".
func CountryName(code string) string {
	if code == "" {
		return UnknownCountry
	}
	if l := landOf(code); l != nil {
		return l.name
	}
	return code
}

// CountryInSentence is CountryName as it stands inside a sentence: "the Netherlands", "Germany".
func CountryInSentence(code string) string {
	switch code {
	case "AE", "BS", "CD", "CF", "CK", "DO", "FK", "FO", "GB", "GM", "KM", "KY", "MH", "MP", "MV", "NL", "PH", "PN", "SB", "SC",
		"TC", "US", "VG", "VI", "CC", "BQ", "TF", "UM", "AX", "HM", "IO":
		return "the " + CountryName(code)
	case "":
		return "an unknown country"
	}
	return CountryName(code)
}

// CountryPoint is where a country is drawn on a map: its capital, in degrees. ok is false for a code that is not in
// the table.
func CountryPoint(code string) (lon, lat float64, ok bool) {
	l := landOf(code)
	if l == nil {
		return 0, 0, false
	}
	return l.lon, l.lat, true
}

// CountryContinent is the continent of a country.
func CountryContinent(code string) Continent {
	if l := landOf(code); l != nil {
		return l.continent
	}
	return UnknownContinent
}

// UnknownCountry is the name under which proposals without a country are listed.
const UnknownCountry = "Unknown country"

// landAt finds a row by code: 26 letters by 26, one more than the row's place in lands, 0 = no such code.
var landAt = func() (at [26 * 26]uint16) {
	for i, l := range lands {
		at[int(l.code[0]-'A')*26+int(l.code[1]-'A')] = uint16(i + 1)
	}
	return at
}()

func landOf(code string) *land {
	if len(code) != 2 || code[0] < 'A' || code[0] > 'Z' || code[1] < 'A' || code[1] > 'Z' {
		return nil
	}
	if i := landAt[int(code[0]-'A')*26+int(code[1]-'A')]; i != 0 {
		return &lands[i-1]
	}
	return nil
}

// lands has every code of ISO 3166-1 and XK, which the standard leaves to users and which they use for Kosovo. Codes and
// most points come from the tz database (public domain); the names are the short ones that people use.
var lands = [...]land{
	{"AD", "Andorra", Europe, 1.52, 42.50, ""},
	{"AE", "United Arab Emirates", Asia, 54.38, 24.45, "UAE|Emirates|Dubai"},
	{"AF", "Afghanistan", Asia, 69.20, 34.52, ""},
	{"AG", "Antigua and Barbuda", NorthAmerica, -61.80, 17.05, ""},
	{"AI", "Anguilla", NorthAmerica, -63.07, 18.20, ""},
	{"AL", "Albania", Europe, 19.83, 41.33, ""},
	{"AM", "Armenia", Asia, 44.50, 40.18, ""},
	{"AO", "Angola", Africa, 13.23, -8.80, ""},
	{"AQ", "Antarctica", Antarctica, 166.60, -77.83, ""},
	{"AR", "Argentina", SouthAmerica, -58.45, -34.60, ""},
	{"AS", "American Samoa", Oceania, -170.70, -14.27, ""},
	{"AT", "Austria", Europe, 16.33, 48.22, "Österreich"},
	{"AU", "Australia", Oceania, 149.13, -35.28, ""},
	{"AW", "Aruba", NorthAmerica, -69.97, 12.50, ""},
	{"AX", "Åland Islands", Europe, 19.95, 60.10, ""},
	{"AZ", "Azerbaijan", Asia, 49.85, 40.38, ""},
	{"BA", "Bosnia and Herzegovina", Europe, 18.42, 43.87, "Bosnia"},
	{"BB", "Barbados", NorthAmerica, -59.62, 13.10, ""},
	{"BD", "Bangladesh", Asia, 90.42, 23.72, ""},
	{"BE", "Belgium", Europe, 4.33, 50.83, ""},
	{"BF", "Burkina Faso", Africa, -1.52, 12.37, ""},
	{"BG", "Bulgaria", Europe, 23.32, 42.68, ""},
	{"BH", "Bahrain", Asia, 50.58, 26.38, ""},
	{"BI", "Burundi", Africa, 29.93, -3.43, ""},
	{"BJ", "Benin", Africa, 2.62, 6.48, ""},
	{"BL", "Saint Barthélemy", NorthAmerica, -62.85, 17.88, "St Barts"},
	{"BM", "Bermuda", NorthAmerica, -64.77, 32.28, ""},
	{"BN", "Brunei", Asia, 114.92, 4.93, "Brunei Darussalam"},
	{"BO", "Bolivia", SouthAmerica, -68.15, -16.50, ""},
	{"BQ", "Caribbean Netherlands", NorthAmerica, -68.28, 12.15, "Bonaire"},
	{"BR", "Brazil", SouthAmerica, -47.88, -15.79, "Brasil"},
	{"BS", "Bahamas", NorthAmerica, -77.35, 25.08, ""},
	{"BT", "Bhutan", Asia, 89.65, 27.47, ""},
	{"BV", "Bouvet Island", Antarctica, 3.36, -54.42, ""},
	{"BW", "Botswana", Africa, 25.92, -24.65, ""},
	{"BY", "Belarus", Europe, 27.57, 53.90, "Byelorussia"},
	{"BZ", "Belize", NorthAmerica, -88.77, 17.25, ""},
	{"CA", "Canada", NorthAmerica, -75.70, 45.42, ""},
	{"CC", "Cocos Islands", Asia, 96.92, -12.17, ""},
	{"CD", "DR Congo", Africa, 15.30, -4.30, "Democratic Republic of the Congo|Congo Kinshasa|Zaire"},
	{"CF", "Central African Republic", Africa, 18.58, 4.37, ""},
	{"CG", "Congo", Africa, 15.28, -4.27, "Republic of the Congo|Congo Brazzaville"},
	{"CH", "Switzerland", Europe, 7.45, 46.95, "Swiss"},
	{"CI", "Côte d'Ivoire", Africa, -5.28, 6.82, "Ivory Coast"},
	{"CK", "Cook Islands", Oceania, -159.77, -21.23, ""},
	{"CL", "Chile", SouthAmerica, -70.67, -33.45, ""},
	{"CM", "Cameroon", Africa, 11.52, 3.87, ""},
	{"CN", "China", Asia, 116.41, 39.90, "PRC|People's Republic of China|Mainland China"},
	{"CO", "Colombia", SouthAmerica, -74.08, 4.60, ""},
	{"CR", "Costa Rica", NorthAmerica, -84.08, 9.93, ""},
	{"CU", "Cuba", NorthAmerica, -82.37, 23.13, ""},
	{"CV", "Cape Verde", Africa, -23.52, 14.92, "Cabo Verde"},
	{"CW", "Curaçao", NorthAmerica, -69.00, 12.18, ""},
	{"CX", "Christmas Island", Asia, 105.72, -10.42, ""},
	{"CY", "Cyprus", Europe, 33.37, 35.17, ""},
	{"CZ", "Czechia", Europe, 14.43, 50.08, "Czech Republic|Czech"},
	{"DE", "Germany", Europe, 13.37, 52.50, "Deutschland"},
	{"DJ", "Djibouti", Africa, 43.15, 11.60, ""},
	{"DK", "Denmark", Europe, 12.58, 55.67, "Danmark"},
	{"DM", "Dominica", NorthAmerica, -61.40, 15.30, ""},
	{"DO", "Dominican Republic", NorthAmerica, -69.90, 18.47, ""},
	{"DZ", "Algeria", Africa, 3.05, 36.78, ""},
	{"EC", "Ecuador", SouthAmerica, -78.47, -0.18, ""},
	{"EE", "Estonia", Europe, 24.75, 59.42, ""},
	{"EG", "Egypt", Africa, 31.25, 30.05, ""},
	{"EH", "Western Sahara", Africa, -13.20, 27.15, ""},
	{"ER", "Eritrea", Africa, 38.88, 15.33, ""},
	{"ES", "Spain", Europe, -3.68, 40.40, "España"},
	{"ET", "Ethiopia", Africa, 38.70, 9.03, ""},
	{"FI", "Finland", Europe, 24.97, 60.17, "Suomi"},
	{"FJ", "Fiji", Oceania, 178.42, -18.13, ""},
	{"FK", "Falkland Islands", SouthAmerica, -57.85, -51.70, "Malvinas"},
	{"FM", "Micronesia", Oceania, 158.16, 6.92, ""},
	{"FO", "Faroe Islands", Europe, -6.77, 62.02, ""},
	{"FR", "France", Europe, 2.33, 48.87, ""},
	{"GA", "Gabon", Africa, 9.45, 0.38, ""},
	{"GB", "United Kingdom", Europe, -0.13, 51.51, "UK|Great Britain|Britain|England|Scotland|Wales|Northern Ireland"},
	{"GD", "Grenada", NorthAmerica, -61.75, 12.05, ""},
	{"GE", "Georgia", Asia, 44.82, 41.72, "Sakartvelo"},
	{"GF", "French Guiana", SouthAmerica, -52.33, 4.93, ""},
	{"GG", "Guernsey", Europe, -2.54, 49.45, ""},
	{"GH", "Ghana", Africa, -0.22, 5.55, ""},
	{"GI", "Gibraltar", Europe, -5.35, 36.13, ""},
	{"GL", "Greenland", NorthAmerica, -51.73, 64.18, ""},
	{"GM", "Gambia", Africa, -16.65, 13.47, ""},
	{"GN", "Guinea", Africa, -13.72, 9.52, ""},
	{"GP", "Guadeloupe", NorthAmerica, -61.53, 16.23, ""},
	{"GQ", "Equatorial Guinea", Africa, 8.78, 3.75, ""},
	{"GR", "Greece", Europe, 23.72, 37.97, "Hellas|EL"},
	{"GS", "South Georgia", Antarctica, -36.53, -54.27, ""},
	{"GT", "Guatemala", NorthAmerica, -90.52, 14.63, ""},
	{"GU", "Guam", Oceania, 144.75, 13.47, ""},
	{"GW", "Guinea-Bissau", Africa, -15.58, 11.85, ""},
	{"GY", "Guyana", SouthAmerica, -58.17, 6.80, ""},
	{"HK", "Hong Kong", Asia, 114.15, 22.28, "Hongkong"},
	{"HM", "Heard and McDonald Islands", Antarctica, 73.51, -53.10, ""},
	{"HN", "Honduras", NorthAmerica, -87.22, 14.10, ""},
	{"HR", "Croatia", Europe, 15.97, 45.80, "Hrvatska"},
	{"HT", "Haiti", NorthAmerica, -72.33, 18.53, ""},
	{"HU", "Hungary", Europe, 19.08, 47.50, "Magyarország"},
	{"ID", "Indonesia", Asia, 106.80, -6.17, ""},
	{"IE", "Ireland", Europe, -6.25, 53.33, "Eire|Republic of Ireland"},
	{"IL", "Israel", Asia, 35.22, 31.78, ""},
	{"IM", "Isle of Man", Europe, -4.47, 54.15, ""},
	{"IN", "India", Asia, 77.21, 28.61, ""},
	{"IO", "British Indian Ocean Territory", Asia, 72.42, -7.33, ""},
	{"IQ", "Iraq", Asia, 44.42, 33.35, ""},
	{"IR", "Iran", Asia, 51.43, 35.67, "Persia"},
	{"IS", "Iceland", Europe, -21.85, 64.15, ""},
	{"IT", "Italy", Europe, 12.48, 41.90, "Italia"},
	{"JE", "Jersey", Europe, -2.11, 49.18, ""},
	{"JM", "Jamaica", NorthAmerica, -76.79, 17.97, ""},
	{"JO", "Jordan", Asia, 35.93, 31.95, ""},
	{"JP", "Japan", Asia, 139.74, 35.65, "Nippon"},
	{"KE", "Kenya", Africa, 36.82, -1.28, ""},
	{"KG", "Kyrgyzstan", Asia, 74.60, 42.90, ""},
	{"KH", "Cambodia", Asia, 104.92, 11.55, "Kampuchea"},
	{"KI", "Kiribati", Oceania, 173.00, 1.42, ""},
	{"KM", "Comoros", Africa, 43.27, -11.68, ""},
	{"KN", "Saint Kitts and Nevis", NorthAmerica, -62.72, 17.30, "St Kitts"},
	{"KP", "North Korea", Asia, 125.75, 39.02, "DPRK"},
	{"KR", "South Korea", Asia, 126.97, 37.55, "Korea|Republic of Korea"},
	{"KW", "Kuwait", Asia, 47.98, 29.33, ""},
	{"KY", "Cayman Islands", NorthAmerica, -81.38, 19.30, ""},
	{"KZ", "Kazakhstan", Asia, 71.43, 51.17, ""},
	{"LA", "Laos", Asia, 102.60, 17.97, "Lao People's Democratic Republic"},
	{"LB", "Lebanon", Asia, 35.50, 33.88, ""},
	{"LC", "Saint Lucia", NorthAmerica, -61.00, 14.02, "St Lucia"},
	{"LI", "Liechtenstein", Europe, 9.52, 47.15, ""},
	{"LK", "Sri Lanka", Asia, 79.85, 6.93, "Ceylon"},
	{"LR", "Liberia", Africa, -10.78, 6.30, ""},
	{"LS", "Lesotho", Africa, 27.50, -29.47, ""},
	{"LT", "Lithuania", Europe, 25.32, 54.68, ""},
	{"LU", "Luxembourg", Europe, 6.15, 49.60, ""},
	{"LV", "Latvia", Europe, 24.10, 56.95, ""},
	{"LY", "Libya", Africa, 13.18, 32.90, ""},
	{"MA", "Morocco", Africa, -6.83, 34.02, ""},
	{"MC", "Monaco", Europe, 7.38, 43.70, ""},
	{"MD", "Moldova", Europe, 28.83, 47.00, "Republic of Moldova"},
	{"ME", "Montenegro", Europe, 19.27, 42.43, ""},
	{"MF", "Saint Martin", NorthAmerica, -63.08, 18.07, "St Martin"},
	{"MG", "Madagascar", Africa, 47.52, -18.92, ""},
	{"MH", "Marshall Islands", Oceania, 171.20, 7.15, ""},
	{"MK", "North Macedonia", Europe, 21.43, 41.98, "Macedonia"},
	{"ML", "Mali", Africa, -8.00, 12.65, ""},
	{"MM", "Myanmar", Asia, 96.08, 19.76, "Burma"},
	{"MN", "Mongolia", Asia, 106.88, 47.92, ""},
	{"MO", "Macao", Asia, 113.54, 22.20, "Macau"},
	{"MP", "Northern Mariana Islands", Oceania, 145.75, 15.20, ""},
	{"MQ", "Martinique", NorthAmerica, -61.08, 14.60, ""},
	{"MR", "Mauritania", Africa, -15.95, 18.10, ""},
	{"MS", "Montserrat", NorthAmerica, -62.22, 16.72, ""},
	{"MT", "Malta", Europe, 14.52, 35.90, ""},
	{"MU", "Mauritius", Africa, 57.50, -20.17, ""},
	{"MV", "Maldives", Asia, 73.50, 4.17, ""},
	{"MW", "Malawi", Africa, 35.00, -15.78, ""},
	{"MX", "Mexico", NorthAmerica, -99.15, 19.40, ""},
	{"MY", "Malaysia", Asia, 101.70, 3.17, ""},
	{"MZ", "Mozambique", Africa, 32.58, -25.97, ""},
	{"NA", "Namibia", Africa, 17.10, -22.57, ""},
	{"NC", "New Caledonia", Oceania, 166.45, -22.27, ""},
	{"NE", "Niger", Africa, 2.12, 13.52, ""},
	{"NF", "Norfolk Island", Oceania, 167.97, -29.05, ""},
	{"NG", "Nigeria", Africa, 7.49, 9.06, ""},
	{"NI", "Nicaragua", NorthAmerica, -86.28, 12.15, ""},
	{"NL", "Netherlands", Europe, 4.90, 52.37, "Holland|The Netherlands"},
	{"NO", "Norway", Europe, 10.75, 59.92, "Norge"},
	{"NP", "Nepal", Asia, 85.32, 27.72, ""},
	{"NR", "Nauru", Oceania, 166.92, -0.52, ""},
	{"NU", "Niue", Oceania, -169.92, -19.02, ""},
	{"NZ", "New Zealand", Oceania, 174.78, -41.29, "Aotearoa"},
	{"OM", "Oman", Asia, 58.58, 23.60, ""},
	{"PA", "Panama", NorthAmerica, -79.53, 8.97, ""},
	{"PE", "Peru", SouthAmerica, -77.05, -12.05, ""},
	{"PF", "French Polynesia", Oceania, -149.57, -17.53, ""},
	{"PG", "Papua New Guinea", Oceania, 147.17, -9.50, ""},
	{"PH", "Philippines", Asia, 120.97, 14.59, ""},
	{"PK", "Pakistan", Asia, 73.06, 33.69, ""},
	{"PL", "Poland", Europe, 21.00, 52.25, "Polska"},
	{"PM", "Saint Pierre and Miquelon", NorthAmerica, -56.33, 47.05, "St Pierre"},
	{"PN", "Pitcairn Islands", Oceania, -130.08, -25.07, ""},
	{"PR", "Puerto Rico", NorthAmerica, -66.11, 18.47, ""},
	{"PS", "Palestine", Asia, 35.20, 31.90, "Palestinian Territories"},
	{"PT", "Portugal", Europe, -9.13, 38.72, ""},
	{"PW", "Palau", Oceania, 134.48, 7.33, ""},
	{"PY", "Paraguay", SouthAmerica, -57.67, -25.27, ""},
	{"QA", "Qatar", Asia, 51.53, 25.28, ""},
	{"RE", "Réunion", Africa, 55.47, -20.87, ""},
	{"RO", "Romania", Europe, 26.10, 44.43, ""},
	{"RS", "Serbia", Europe, 20.50, 44.83, ""},
	{"RU", "Russia", Europe, 20.50, 54.72, "Russian Federation"},
	{"RW", "Rwanda", Africa, 30.07, -1.95, ""},
	{"SA", "Saudi Arabia", Asia, 46.72, 24.63, "KSA"},
	{"SB", "Solomon Islands", Oceania, 160.20, -9.53, ""},
	{"SC", "Seychelles", Africa, 55.47, -4.67, ""},
	{"SD", "Sudan", Africa, 32.53, 15.60, ""},
	{"SE", "Sweden", Europe, 18.05, 59.33, "Sverige"},
	{"SG", "Singapore", Asia, 103.85, 1.28, ""},
	{"SH", "Saint Helena", Africa, -5.70, -15.92, "St Helena"},
	{"SI", "Slovenia", Europe, 14.52, 46.05, ""},
	{"SJ", "Svalbard and Jan Mayen", Europe, 15.65, 78.22, ""},
	{"SK", "Slovakia", Europe, 17.12, 48.15, ""},
	{"SL", "Sierra Leone", Africa, -13.25, 8.50, ""},
	{"SM", "San Marino", Europe, 12.47, 43.92, ""},
	{"SN", "Senegal", Africa, -17.43, 14.67, ""},
	{"SO", "Somalia", Africa, 45.37, 2.07, ""},
	{"SR", "Suriname", SouthAmerica, -55.17, 5.83, ""},
	{"SS", "South Sudan", Africa, 31.62, 4.85, ""},
	{"ST", "São Tomé and Príncipe", Africa, 6.73, 0.33, ""},
	{"SV", "El Salvador", NorthAmerica, -89.20, 13.70, ""},
	{"SX", "Sint Maarten", NorthAmerica, -63.05, 18.05, "St Maarten"},
	{"SY", "Syria", Asia, 36.30, 33.50, "Syrian Arab Republic"},
	{"SZ", "Eswatini", Africa, 31.10, -26.30, "Swaziland"},
	{"TC", "Turks and Caicos Islands", NorthAmerica, -71.13, 21.47, ""},
	{"TD", "Chad", Africa, 15.05, 12.12, ""},
	{"TF", "French Southern Territories", Antarctica, 70.22, -49.35, ""},
	{"TG", "Togo", Africa, 1.22, 6.13, ""},
	{"TH", "Thailand", Asia, 100.52, 13.75, ""},
	{"TJ", "Tajikistan", Asia, 68.80, 38.58, ""},
	{"TK", "Tokelau", Oceania, -171.23, -9.37, ""},
	{"TL", "Timor-Leste", Asia, 125.58, -8.55, "East Timor"},
	{"TM", "Turkmenistan", Asia, 58.38, 37.95, ""},
	{"TN", "Tunisia", Africa, 10.18, 36.80, ""},
	{"TO", "Tonga", Oceania, -175.20, -21.13, ""},
	{"TR", "Türkiye", Asia, 32.86, 39.93, "Turkey"},
	{"TT", "Trinidad and Tobago", NorthAmerica, -61.52, 10.65, ""},
	{"TV", "Tuvalu", Oceania, 179.22, -8.52, ""},
	{"TW", "Taiwan", Asia, 121.50, 25.05, "Chinese Taipei"},
	{"TZ", "Tanzania", Africa, 35.74, -6.17, "Zanzibar"},
	{"UA", "Ukraine", Europe, 30.52, 50.45, ""},
	{"UG", "Uganda", Africa, 32.42, 0.32, ""},
	{"UM", "US Outlying Islands", Oceania, 166.62, 19.28, ""},
	{"US", "United States", NorthAmerica, -77.04, 38.90, "USA|United States of America|America"},
	{"UY", "Uruguay", SouthAmerica, -56.21, -34.91, ""},
	{"UZ", "Uzbekistan", Asia, 69.27, 41.30, ""},
	{"VA", "Vatican City", Europe, 12.45, 41.90, "Holy See"},
	{"VC", "Saint Vincent and the Grenadines", NorthAmerica, -61.23, 13.15, "St Vincent"},
	{"VE", "Venezuela", SouthAmerica, -66.93, 10.50, ""},
	{"VG", "British Virgin Islands", NorthAmerica, -64.62, 18.45, ""},
	{"VI", "US Virgin Islands", NorthAmerica, -64.93, 18.35, ""},
	{"VN", "Vietnam", Asia, 105.85, 21.03, "Viet Nam"},
	{"VU", "Vanuatu", Oceania, 168.42, -17.67, ""},
	{"WF", "Wallis and Futuna", Oceania, -176.17, -13.30, ""},
	{"WS", "Samoa", Oceania, -171.73, -13.83, "Western Samoa"},
	{"XK", "Kosovo", Europe, 21.17, 42.66, ""},
	{"YE", "Yemen", Asia, 44.21, 15.35, ""},
	{"YT", "Mayotte", Africa, 45.23, -12.78, ""},
	{"ZA", "South Africa", Africa, 28.19, -25.75, "RSA"},
	{"ZM", "Zambia", Africa, 28.28, -15.42, ""},
	{"ZW", "Zimbabwe", Africa, 31.05, -17.83, ""},
}
