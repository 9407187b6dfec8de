// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

// Region is an Azure region in the European Economic Area, by the name Azure gives it.
//
// The list is closed: personal data stays in Norway or the EEA (DPIA summary; GDPR chapter V). The
// rule below repeats the names of the table Regions; a test keeps the two alike. There is no enum
// beside it: the API server checks enums first and would then never say why a region is refused.
//
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="self in ['norwayeast', 'norwaywest', 'northeurope', 'westeurope', 'swedencentral', 'swedensouth', 'francecentral', 'francesouth', 'germanywestcentral', 'germanynorth', 'italynorth', 'polandcentral', 'spaincentral', 'austriaeast', 'belgiumcentral', 'denmarkeast']",messageExpression="'region ' + self + ' is not an Azure region in the EEA, where personal data must stay; the regions allowed are norwayeast, norwaywest, northeurope, westeurope, swedencentral, swedensouth, francecentral, francesouth, germanywestcentral, germanynorth, italynorth, polandcentral, spaincentral, austriaeast, belgiumcentral, denmarkeast'"
type Region string

// RegionInfo says where an Azure region lies.
type RegionInfo struct {
	// Name is Azure's name of the region.
	Name Region
	// Country is the ISO 3166-1 alpha-2 code of the country the region lies in.
	Country string
	// Pair is the region Azure replicates geo-redundant storage to; empty when it has none.
	Pair Region
}

// Regions is the one table of the regions that may be named at all: those Azure offers in the EEA.
// Which of them an installation allows is its configuration's choice.
var Regions = []RegionInfo{
	{Name: "norwayeast", Country: "NO", Pair: "norwaywest"},
	{Name: "norwaywest", Country: "NO", Pair: "norwayeast"},
	{Name: "northeurope", Country: "IE", Pair: "westeurope"},
	{Name: "westeurope", Country: "NL", Pair: "northeurope"},
	{Name: "swedencentral", Country: "SE", Pair: "swedensouth"},
	{Name: "swedensouth", Country: "SE", Pair: "swedencentral"},
	{Name: "francecentral", Country: "FR", Pair: "francesouth"},
	{Name: "francesouth", Country: "FR", Pair: "francecentral"},
	{Name: "germanywestcentral", Country: "DE", Pair: "germanynorth"},
	{Name: "germanynorth", Country: "DE", Pair: "germanywestcentral"},
	{Name: "italynorth", Country: "IT"},
	{Name: "polandcentral", Country: "PL"},
	{Name: "spaincentral", Country: "ES"},
	{Name: "austriaeast", Country: "AT"},
	{Name: "belgiumcentral", Country: "BE"},
	{Name: "denmarkeast", Country: "DK"},
}

// Info returns what the table Regions holds of the region; ok is false for a name it does not hold.
func (r Region) Info() (info RegionInfo, ok bool) {
	for _, info := range Regions {
		if info.Name == r {
			return info, true
		}
	}
	return RegionInfo{}, false
}
