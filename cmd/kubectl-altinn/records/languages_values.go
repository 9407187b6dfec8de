// SPDX-License-Identifier: BSD-3-Clause

package records

// Vocabularies of the API's enums. A test holds them to the CRDs: a value without a label fails it.
var (
	legalBases = vocabulary{
		{"Article6-1-a", "Samtykke (art. 6 nr. 1 bokstav a)", "Consent (art. 6(1)(a))"},
		{"Article6-1-b", "Avtale med den registrerte (art. 6 nr. 1 bokstav b)", "Contract with the data subject (art. 6(1)(b))"},
		{"Article6-1-c", "Rettslig forpliktelse (art. 6 nr. 1 bokstav c)", "Legal obligation (art. 6(1)(c))"},
		{"Article6-1-d", "Vitale interesser (art. 6 nr. 1 bokstav d)", "Vital interests (art. 6(1)(d))"},
		{"Article6-1-e", "Oppgave i allmennhetens interesse (art. 6 nr. 1 bokstav e)", "Task in the public interest (art. 6(1)(e))"},
		{"Article6-1-f", "Berettigede interesser (art. 6 nr. 1 bokstav f)", "Legitimate interests (art. 6(1)(f))"},
		{"Article9-2-a", "Uttrykkelig samtykke (art. 9 nr. 2 bokstav a)", "Explicit consent (art. 9(2)(a))"},
		{"Article9-2-b", "Arbeidsrett, trygderett og sosialrett (art. 9 nr. 2 bokstav b)", "Employment, social security and social protection law (art. 9(2)(b))"},
		{"Article9-2-c", "Vitale interesser når samtykke ikke kan gis (art. 9 nr. 2 bokstav c)", "Vital interests where consent cannot be given (art. 9(2)(c))"},
		{"Article9-2-d", "Ideelle organisasjoners egne medlemmer (art. 9 nr. 2 bokstav d)", "Members of a not-for-profit body (art. 9(2)(d))"},
		{"Article9-2-e", "Opplysninger den registrerte selv har offentliggjort (art. 9 nr. 2 bokstav e)", "Data the data subject has made public (art. 9(2)(e))"},
		{"Article9-2-f", "Rettskrav og domstolenes arbeid (art. 9 nr. 2 bokstav f)", "Legal claims and the courts (art. 9(2)(f))"},
		{"Article9-2-g", "Viktige allmenne interesser (art. 9 nr. 2 bokstav g)", "Substantial public interest (art. 9(2)(g))"},
		{"Article9-2-h", "Helse- og sosialtjenester (art. 9 nr. 2 bokstav h)", "Health and social care (art. 9(2)(h))"},
		{"Article9-2-i", "Folkehelse (art. 9 nr. 2 bokstav i)", "Public health (art. 9(2)(i))"},
		{"Article9-2-j", "Arkiv, forskning og statistikk (art. 9 nr. 2 bokstav j)", "Archiving, research and statistics (art. 9(2)(j))"},
		{"Article10", "Straffedommer og lovovertredelser (art. 10)", "Criminal convictions and offences (art. 10)"},
	}
	dataCategories = vocabulary{
		{"Identity", "Identitet", "Identity"},
		{"NationalIdentityNumber", "Fødselsnummer eller d-nummer", "National identity number"},
		{"Contact", "Kontaktopplysninger", "Contact details"},
		{"Economic", "Økonomi", "Economic situation"},
		{"Property", "Eiendom", "Property"},
		{"Employment", "Arbeidsforhold", "Employment"},
		{"Education", "Utdanning", "Education"},
		{"Family", "Familieforhold", "Family"},
		{"Location", "Lokasjon", "Location"},
		{"Health", "Helseopplysninger", "Health"},
		{"Criminal", "Straffedommer og lovovertredelser", "Criminal convictions and offences"},
		{"SpecialCategory", "Andre særlige kategorier (art. 9)", "Other special categories (art. 9)"},
		{"TechnicalLog", "Tekniske logger", "Technical logs"},
	}
	dataSubjects = vocabulary{
		{"Citizens", "Innbyggere", "Citizens"},
		{"Children", "Barn", "Children"},
		{"Employees", "Ansatte", "Employees"},
		{"BusinessRepresentatives", "Personer som representerer virksomheter", "Representatives of businesses"},
		{"Representatives", "Personer som representerer andre", "Representatives of other people"},
		{"CaseWorkers", "Saksbehandlere", "Case workers"},
	}
	chapterNames = vocabulary{
		{"Altinn", "Altinn", "Altinn"},
		{"IDPorten", "ID-porten", "ID-porten"},
		{"Ansattporten", "Ansattporten", "Ansattporten"},
		{"Maskinporten", "Maskinporten", "Maskinporten"},
		{"KRR", "Kontakt- og reservasjonsregisteret", "Contact and Reservation Register"},
		{"DigitalMailbox", "Digital postkasse til innbyggere", "Digital Mailbox to citizens"},
		{"ESignering", "eSignering", "eSignering"},
		{"EFormidling", "eFormidling", "eFormidling"},
		{"DPV", "Digital post til virksomheter", "Digital Post to businesses"},
	}
	solutions = append(without(chapterNames, "Altinn"), vocabulary{
		{"AltinnStorage", "Altinn Storage", "Altinn Storage"},
		{"AltinnEvents", "Altinn Events", "Altinn Events"},
		{"AltinnNotifications", "Altinn Varsling", "Altinn Notifications"},
		{"AltinnCorrespondence", "Altinn Melding", "Altinn Correspondence"},
		{"AltinnBroker", "Altinn Formidling", "Altinn Broker"},
		{"AltinnAuthorization", "Altinn Autorisasjon", "Altinn Authorization"},
		{"AltinnConsent", "Altinn Samtykke", "Altinn Consent"},
		{"Dialogporten", "Dialogporten", "Dialogporten"},
		{"DataAltinn", "data.altinn.no", "data.altinn.no"},
		{"ELMA", "ELMA", "ELMA"},
		{"EInnsyn", "eInnsyn", "eInnsyn"},
		{"Folkeregisteret", "Folkeregisteret", "National Population Register"},
		{"Enhetsregisteret", "Enhetsregisteret", "Central Coordinating Register for Legal Entities"},
		{"DataNorge", "data.norge.no", "data.norge.no"},
	}...)
	mechanisms = vocabulary{
		{"NotNeeded", "Ikke nødvendig innenfor EØS", "Not needed within the EEA"},
		{"AdequacyDecision", "Beslutning om tilstrekkelig beskyttelsesnivå (art. 45)", "Adequacy decision (art. 45)"},
		{"StandardContractualClauses", "Standard personvernbestemmelser (art. 46 nr. 2 bokstav c)", "Standard contractual clauses (art. 46(2)(c))"},
		{"BindingCorporateRules", "Bindende virksomhetsregler (art. 47)", "Binding corporate rules (art. 47)"},
	}
	agreementStates = vocabulary{
		{"Active", "Aktiv", "Active"},
		{"Suspended", "Satt på vent: ikke noe nytt kan starte", "Suspended: nothing new may start"},
		{"Stopped", "Stanset etter pålegg fra den behandlingsansvarlige", "Stopped by order of the controller"},
		{"Terminated", "Avsluttet", "Terminated"},
	}
	consentStates = vocabulary{
		{"Draft", "Utkast: ingen kan be om samtykket ennå", "Draft: nobody can ask for it yet"},
		{"Published", "Publisert", "Published"},
		{"Withdrawn", "Trukket tilbake: ingen kan be om samtykket lenger", "Withdrawn: nobody can ask for it any more"},
	}
	consentDeletions = vocabulary{
		{"Withdraw", "Samtykkeressursen trekkes tilbake", "The consent resource is withdrawn"},
		{"Delete", "Samtykkeressursen slettes", "The consent resource is deleted"},
		{"Retain", "Samtykkeressursen beholdes", "The consent resource is kept"},
	}
	deletions = vocabulary{
		{"Retain", "Navnerom og lagring beholdes når tjenesteeieren fjernes", "Namespace and storage are kept when the service owner is removed"},
		{"Delete", "Navnerom og lagring slettes når tjenesteeieren fjernes", "Namespace and storage are deleted when the service owner is removed"},
	}
	partyTypes = vocabulary{
		{"PrivatePerson", "Privatpersoner", "Private persons"},
		{"LegalEntityEnterprise", "Underenheter", "Business units"},
		{"Company", "Virksomheter", "Companies"},
		{"BankruptcyEstate", "Konkursbo", "Bankruptcy estates"},
		{"SelfRegisteredUser", "Selvregistrerte brukere", "Self-registered users"},
	}
	accessRoles = vocabulary{
		{"Admin", "Administrator", "Administrator"},
		{"Deployer", "Utruller", "Deployer"},
		{"Viewer", "Leser", "Viewer"},
	}
	redundancies = vocabulary{
		{"LRS", "Kopier i ett datasenter (LRS)", "Copies in one data centre (LRS)"},
		{"ZRS", "Kopier i flere datasentre i samme region (ZRS)", "Copies in several data centres of one region (ZRS)"},
		{"GRS", "Kopier i to regioner (GRS)", "Copies in two regions (GRS)"},
		{"GZRS", "Kopier i flere datasentre og to regioner (GZRS)", "Copies in several data centres and two regions (GZRS)"},
	}
	keyManagements = vocabulary{
		{"Platform", "Kryptert med plattformens nøkkel", "Encrypted with the platform's key"},
		{"Customer", "Kryptert med tjenesteeierens egen nøkkel", "Encrypted with the service owner's own key"},
	}
	severities = vocabulary{
		{"Error", "Feil", "Error"},
		{"Warning", "Advarsel", "Warning"},
	}
	actors = vocabulary{
		{"ServiceOwner", "Tjenesteeieren", "The service owner"},
		{"Platform", "Plattformen", "The platform team"},
		{"External", "Noen utenfor", "Somebody outside"},
	}
)

// enums are all vocabularies that repeat an enum of the API.
var enums = []vocabulary{
	legalBases, dataCategories, dataSubjects, chapterNames, solutions, mechanisms, agreementStates, consentStates,
	consentDeletions, deletions, partyTypes, accessRoles, redundancies, keyManagements, severities, actors,
}

// without copies a vocabulary but for one value.
func without(v vocabulary, value string) vocabulary {
	var rest vocabulary
	for _, e := range v {
		if e.value != value {
			rest = append(rest, e)
		}
	}
	return rest
}
