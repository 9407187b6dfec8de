// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import "strconv"

// Numbers of the demonstration world. The service owners are real. Companies and persons are made up: a company's number starts
// with 31, and the month in a person's is raised by 80, as synthetic ones in Norwegian test environments are. The requesters are
// those that the sample ConsentResource names; their numbers are well formed, their names say nothing.
const (
	SkatteetatenNumber = "974761076"
	DigdirNumber       = "991825827"
	NAVNumber          = "889640782"
	BankNumber         = "310000019"
	FinanceNumber      = "310000027"
	RequesterANumber   = "971527412"
	RequesterBNumber   = "986252932"
	BorrowerNumber     = "13886099995"
	ManagerNumber      = "24896099987"
)

// Demo is a small world to try things in: three service owners and the test owner, a bank and a finance company, the
// requesters of the sample consent, a borrower and the bank's general manager. It has no clients, since those come with keys.
func Demo() Options {
	return Options{
		Organisations: []Organisation{
			{
				Code: "skd", Number: SkatteetatenNumber, Names: sameName("Skatteetaten"),
				Prefixes: []string{"folkeregister", "skatteetaten"},
			},
			{
				Code: "digdir", Number: DigdirNumber, Names: sameName("Digitaliseringsdirektoratet"),
				Prefixes: []string{"altinn", "krr"},
			},
			{Code: "nav", Number: NAVNumber, Names: sameName("NAV")},
			{Code: "ttd", Number: DigdirNumber, Names: sameName("Testdepartementet")},
			{Number: BankNumber, Names: sameName("BANKEN AS")},
			{Number: FinanceNumber, Names: sameName("FINANSIERING AS")},
			{Number: RequesterANumber, Names: sameName("BANK A AS")},
			{Number: RequesterBNumber, Names: sameName("BANK B AS")},
		},
		Persons: []Person{
			{Number: BorrowerNumber, Name: "Håkon Trana"},
			{Number: ManagerNumber, Name: "Kari Nordmann", Roles: map[string][]string{BankNumber: {"DAGL"}}},
		},
		Scopes:    demoScopes(),
		Templates: DefaultTemplates(),
	}
}

// ClosedScope is a scope of Skatteetaten's that nobody else has access to.
const ClosedScope = "skatteetaten:inntektsmottaker"

// demoScopes are those that shared solutions ask for, given to every service owner, and one that nobody was given.
func demoScopes() []Scope {
	scopes := []Scope{
		{Name: ClosedScope, Owner: SkatteetatenNumber},
		{Name: "folkeregister:deling/svalbardregister", Owner: SkatteetatenNumber, AllServiceOwners: true},
	}
	for _, name := range []string{
		"altinn:authorization/authorize",
		"altinn:broker.read",
		"altinn:broker.write",
		"altinn:consentrequests.read",
		"altinn:consentrequests.write",
		"altinn:correspondence.read",
		"altinn:correspondence.write",
		"altinn:dataaltinnno",
		"altinn:events.subscribe",
		"altinn:instances.read",
		"altinn:instances.write",
		"altinn:serviceowner",
		"altinn:serviceowner/instances.read",
		"altinn:serviceowner/instances.write",
		"altinn:serviceowner/notifications.create",
		"digdir:dialogporten",
		"digdir:dialogporten.serviceprovider",
		"digdir:dialogporten.serviceprovider.search",
		"krr:global/digitalpost.read",
		"krr:global/kontaktinformasjon.read",
	} {
		scopes = append(scopes, Scope{Name: name, Owner: DigdirNumber, AllServiceOwners: true})
	}
	return scopes
}

func sameName(name string) map[string]string {
	return map[string]string{"nb": name, "nn": name, "en": name}
}

// Companies makes up count organisations without a code, with correct check digits, for long access lists.
func Companies(count int) []Organisation {
	made := make([]Organisation, 0, count)
	for serial := 31100000; len(made) < count; serial++ {
		if number, ok := withCheckDigit(strconv.Itoa(serial)); ok {
			made = append(made, Organisation{Number: number, Names: sameName("Selskap " + number)})
		}
	}
	return made
}

// withCheckDigit adds the ninth digit by modulus 11; one serial in eleven has none.
func withCheckDigit(serial string) (string, bool) {
	sum := 0
	for i, weight := range []int{3, 2, 7, 6, 5, 4, 3, 2} {
		sum += weight * int(serial[i]-'0')
	}
	digit := (11 - sum%11) % 11
	return serial + strconv.Itoa(digit), digit < 10
}
