// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

import "regexp"

// nineDigits is what organisation numbers look like.
var nineDigits = regexp.MustCompile(`^[0-9]{9}$`)

// Valid says whether a number is nine digits whose last is right by modulus 11 (Enhetsregisteret). No digit is
// right for a number whose check digit would be 10.
func (n OrganizationNumber) Valid() bool {
	if !nineDigits.MatchString(string(n)) {
		return false
	}
	sum := 0 // with the check digit itself weighed 1, that of a right number is a multiple of 11
	for i, weight := range []int{3, 2, 7, 6, 5, 4, 3, 2, 1} {
		sum += weight * int(n[i]-'0')
	}
	return sum%11 == 0
}
