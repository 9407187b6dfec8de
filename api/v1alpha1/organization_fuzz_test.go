// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

import (
	"strings"
	"testing"
)

// A number that is right stays right in no other writing of it: any one digit changed, any two neighbours swapped, and
// anything added makes it wrong, which is what the check digit is for (Enhetsregisteret, modulus 11).
func FuzzOrganizationNumber(f *testing.F) {
	for _, seed := range []string{"974761076", "991825827", "889640782", "974761077", "", "97476107", "9747610760", "９７４７６１０７６", "97476107\n", "-74761076", "000000000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		number := OrganizationNumber(text)
		if !number.Valid() {
			return
		}
		if len(text) != 9 || strings.Trim(text, "0123456789") != "" {
			t.Fatalf("%q is taken for nine digits", text)
		}
		for at := range 9 {
			for digit := byte('0'); digit <= '9'; digit++ {
				if other := text[:at] + string(digit) + text[at+1:]; other != text && OrganizationNumber(other).Valid() {
					t.Errorf("%s and %s are both right", text, other)
				}
			}
			if at > 0 && text[at-1] != text[at] {
				swapped := text[:at-1] + string(text[at]) + string(text[at-1]) + text[at+1:]
				if OrganizationNumber(swapped).Valid() {
					t.Errorf("%s and %s are both right", text, swapped)
				}
			}
		}
		for _, other := range []string{text + "0", "0" + text, " " + text, text + " ", text + "\n", text[1:]} {
			if OrganizationNumber(other).Valid() {
				t.Errorf("%q is taken for nine digits", other)
			}
		}
	})
}

// What is known of a region is of that region, which lies in the EEA, as its pair does; and a name is known in one
// writing alone.
func FuzzRegion(f *testing.F) {
	for _, info := range Regions {
		f.Add(string(info.Name))
	}
	f.Add("NorwayEast")
	f.Add("norwayeast ")
	f.Fuzz(func(t *testing.T, text string) {
		info, ok := Region(text).Info()
		if !ok {
			if info != (RegionInfo{}) {
				t.Errorf("something is known of %q: %+v", text, info)
			}
			return
		}
		if string(info.Name) != text || !CountryCode(info.Country).InEEA() {
			t.Errorf("of %q is known %+v", text, info)
		}
		if pair, known := info.Pair.Info(); info.Pair != "" && (!known || pair.Pair != info.Name || !CountryCode(pair.Country).InEEA()) {
			t.Errorf("the pair of %s is %s, of which is known %+v", text, info.Pair, pair)
		}
		if _, other := Region(strings.ToUpper(text)).Info(); other {
			t.Errorf("%q is known too", strings.ToUpper(text))
		}
	})
}

// A namespace is of one service owner at most, whose own namespace it is again.
func FuzzOwnerOfNamespace(f *testing.F) {
	for _, seed := range []string{"so-skd", "so-", "so", "default", "so-so-skd", "SO-skd", "so-skd\n", "xso-skd"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, namespace string) {
		owner := OwnerOfNamespace(namespace)
		if owner != "" && "so-"+owner != namespace {
			t.Errorf("%q is taken for the namespace of %q", namespace, owner)
		}
	})
}
