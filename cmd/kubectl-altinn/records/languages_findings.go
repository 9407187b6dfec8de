// SPDX-License-Identifier: BSD-3-Clause

package records

// Results of evidence, and of measures.
const (
	fulfilled    = "Fulfilled"
	notFulfilled = "NotFulfilled"
	undecided    = "Unknown"
	outdated     = "Outdated"
	notShown     = "NotShown"
)

// Results of coverage, beside notShown.
const (
	covered    = "Covered"
	notCovered = "NotCovered"
)

// Security measures.
const (
	measureIsolation  = "Isolation"
	measureAccess     = "Access"
	measureNetwork    = "Network"
	measureRegion     = "Region"
	measureAgreement  = "Agreement"
	measureEncryption = "Encryption"
	measureRedundancy = "Redundancy"
	measureRecovery   = "Recovery"
)

// Kinds of recipients.
const (
	toOrganizations   = "Organizations"
	toAnyOrganization = "AnyOrganization"
	toCalledApps      = "CalledApps"
	toCallingApps     = "CallingApps"
	toScopeHolders    = "ScopeHolders"
	toSolutions       = "Solutions"
	toHosts           = "Hosts"
)

// Grounds on which an agreement belongs to a processing.
const (
	groundAdmitted = "Admitted"
	groundInForce  = "InForce"
	groundPurpose  = "ListsPurpose"
)

// Kinds of follow-up, the gravest first.
const (
	followNoOwner         = "ServiceOwnerUnknown"
	followNoAgreement     = "NoAgreement"
	followNotCovered      = "NotCovered"
	followNotInForce      = "AgreementNotInForce"
	followEnded           = "AgreementEnded"
	followTransfer        = "TransferNotLawful"
	followAdequacyEnded   = "AdequacyEnded"
	followExceptionEnded  = "RegionExceptionEnded"
	followRetention       = "RetentionTooLong"
	followOlder           = "OlderRevisionRuns"
	followEnds            = "AgreementEnds"
	followExceptionEnds   = "RegionExceptionEnds"
	followReviewOverdue   = "TransferReviewOverdue"
	followAuditOverdue    = "AuditOverdue"
	followTermsNotCurrent = "TermsNotCurrent"
)

var (
	results = vocabulary{
		{notFulfilled, "Ikke oppfylt", "Not fulfilled"},
		{undecided, "Ukjent", "Unknown"},
		{outdated, "Ukjent: gjelder en tidligere utgave", "Unknown: of an earlier revision"},
		{notShown, "Ikke vist av en tilstand", "Not shown by a condition"},
		{fulfilled, "Oppfylt", "Fulfilled"},
	}
	coverages = vocabulary{
		{covered, "Dekket av avtale", "Covered by agreement"},
		{notCovered, "Ikke dekket av avtale", "Not covered by agreement"},
		{notShown, "Dekning ikke vist av en tilstand", "Coverage not shown by a condition"},
	}
	conditions = vocabulary{
		{"Ready", "Samlet tilstand", "Overall state"},
		{"Available", "Appen svarer", "App serves"},
		{"NamespaceReady", "Navnerom med grunnsikring", "Namespace with its baseline"},
		{"AccessReady", "Tilganger som erklært", "Access as declared"},
		{"AgreementInForce", "Gjeldende avtale dekker", "Agreement in force covers it"},
		{"RegionCompliant", "Tillatt region", "Region allowed"},
		{"InForce", "Avtalen gjelder", "Agreement in force"},
		{"TermsCurrent", "Gjeldende vilkår", "Terms current"},
		{"TransfersLawful", "Lovlige overføringer", "Transfers lawful"},
	}
	measures = vocabulary{
		{measureIsolation, "Isolasjon: eget navnerom, stengt for alt annet, strengeste podsikkerhet", "Isolation: a namespace of its own, closed to all else, strictest pod security"},
		{measureAccess, "Tilgang bare for navngitte grupper", "Access for named groups only"},
		{measureNetwork, "Appens pods kjører, og nettet er åpent bare for det som er erklært", "The App's pods run, with a network open only to what is declared"},
		{measureRegion, "Data og pods bare i tillatte regioner", "Data and pods in allowed regions only"},
		{measureAgreement, "Databehandleravtale i kraft", "Data processing agreement in force"},
		{measureEncryption, "Kryptert lagring", "Encrypted storage"},
		{measureRedundancy, "Kopier av lagrede data", "Copies of stored data"},
		{measureRecovery, "Slettede data kan hentes tilbake", "Deleted data can be brought back"},
	}
	kinds = vocabulary{
		{"App", "App", "App"},
		{"ConsentResource", "Samtykke", "Consent"},
	}
	roles = vocabulary{
		{"Processor", "Databehandler", "Data processor"},
		{"Support", "Brukerstøtte", "Support"},
		{"Privacy", "Personvern", "Privacy"},
		{"Incident", "Hendelser, hele døgnet", "Incidents, day and night"},
	}
	recipientKinds = vocabulary{
		{toOrganizations, "Virksomheter med samtykke", "Organisations with consent"},
		{toAnyOrganization, "Enhver virksomhet med innbyggerens samtykke", "Any organisation with the citizen's consent"},
		{toCalledApps, "Andre tjenesteeieres apper som denne kaller", "Apps of other service owners that this one calls"},
		{toCallingApps, "Andre tjenesteeieres apper som kan kalle denne", "Apps of other service owners that may call this one"},
		{toScopeHolders, "Virksomheter som er gitt scope i Maskinporten; hvilke, er ukjent", "Organisations granted a scope in Maskinporten; which ones is unknown"},
		{toSolutions, "Fellesløsninger", "Shared solutions"},
		{toHosts, "Steder utenfor plattformen", "Places outside the platform"},
	}
	regionUses = vocabulary{
		{"Primary", "Her ligger data", "Holds the data"},
		{"Copy", "Kopi", "Copy"},
	}
	grounds = vocabulary{
		{groundAdmitted, "dekket det som kjører", "covered what runs"},
		{groundInForce, "gjelder nå", "is in force"},
		{groundPurpose, "nevner formålet, men ikke vist å gjelde", "lists the purpose, but is not shown to be in force"},
	}
	followUpKinds = vocabulary{
		{followNoOwner, "Tjenesteeieren finnes ikke", "The service owner does not exist"},
		{followNoAgreement, "Ingen avtale", "No agreement"},
		{followNotCovered, "Ikke dekket av avtale", "Not covered by agreement"},
		{followNotInForce, "Avtalen gjelder ikke", "The agreement is not in force"},
		{followEnded, "Avtalen har løpt ut", "The agreement has run out"},
		{followTransfer, "Overføring uten grunnlag", "Transfer without a ground"},
		{followAdequacyEnded, "Beslutningen om tilstrekkelig beskyttelsesnivå gjelder ikke", "The adequacy decision does not hold"},
		{followExceptionEnded, "Unntaket for region har løpt ut", "The region exception has run out"},
		{followRetention, "Lagres lenger enn avtalen tillater", "Kept for longer than the agreement allows"},
		{followOlder, "En tidligere utgave kjører enn den som er erklært", "An earlier revision runs than the one declared"},
		{followTermsNotCurrent, "Eldre vilkår enn de gjeldende", "Older terms than those that apply"},
		{followEnds, "Avtalen løper snart ut", "The agreement runs out soon"},
		{followExceptionEnds, "Unntaket for region løper snart ut", "The region exception runs out soon"},
		{followReviewOverdue, "Overføringsgrunnlaget skulle vært kontrollert", "Review of the transfer's ground is overdue"},
		{followAuditOverdue, "Revisjon skulle vært holdt", "Audit is overdue"},
	}
)

// findings are all vocabularies of this package's own values.
var findings = []vocabulary{
	results, coverages, conditions, measures, kinds, roles, recipientKinds, regionUses, grounds, followUpKinds,
}
