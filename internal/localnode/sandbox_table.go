package localnode

// country is a country of the sandbox and its cities, one provider for each time a city is named.
type country struct {
	code, continent string
	cities          []string
}

// countries are made up: all exits run on this very computer.
var countries = []country{
	{"US", "NA", []string{"New York", "Los Angeles", "Chicago", "Dallas", "Miami", "Seattle"}},
	{"DE", "EU", []string{"Berlin", "Frankfurt", "Munich", "Hamburg", "Berlin"}},
	{"NL", "EU", []string{"Amsterdam", "Rotterdam", "Amsterdam", "The Hague"}},
	{"GB", "EU", []string{"London", "Manchester", "London"}},
	{"FR", "EU", []string{"Paris", "Marseille", "Paris"}},
	{"CA", "NA", []string{"Toronto", "Montreal", "Vancouver"}},
	{"ES", "EU", []string{"Madrid", "Barcelona"}},
	{"IT", "EU", []string{"Milan", "Rome"}},
	{"PL", "EU", []string{"Warsaw", "Kraków"}},
	{"SE", "EU", []string{"Stockholm", "Gothenburg"}},
	{"CH", "EU", []string{"Zürich", "Geneva"}},
	{"JP", "AS", []string{"Tokyo", "Osaka"}},
	{"AU", "OC", []string{"Sydney", "Melbourne"}},
	{"BR", "SA", []string{"São Paulo", "Rio de Janeiro"}},
	{"IN", "AS", []string{"Mumbai", "Bengaluru"}},
	{"AR", "SA", []string{"Buenos Aires"}},
	{"AT", "EU", []string{"Vienna"}},
	{"BE", "EU", []string{"Brussels"}},
	{"CZ", "EU", []string{"Prague"}},
	{"DK", "EU", []string{"Copenhagen"}},
	{"FI", "EU", []string{"Helsinki"}},
	{"GR", "EU", []string{"Athens"}},
	{"HU", "EU", []string{"Budapest"}},
	{"IE", "EU", []string{"Dublin"}},
	{"KR", "AS", []string{"Seoul"}},
	{"LT", "EU", []string{"Vilnius"}},
	{"LV", "EU", []string{"Riga"}},
	{"MX", "NA", []string{"Mexico City"}},
	{"NO", "EU", []string{"Oslo"}},
	{"PT", "EU", []string{"Lisbon"}},
	{"RO", "EU", []string{"Bucharest"}},
	{"SG", "AS", []string{"Singapore"}},
	{"TR", "AS", []string{"Istanbul"}},
	{"UA", "EU", []string{"Kyiv"}},
	{"ZA", "AF", []string{"Johannesburg"}},
}

// farness is the least latency, in milliseconds, that a provider of a continent shows.
var farness = map[string]float64{"EU": 14, "NA": 95, "AF": 160, "AS": 170, "SA": 190, "OC": 260}
