// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// usualSelfService is what holds for keys that are left out of the self-service.
func usualSelfService() *SelfService {
	return &SelfService{
		CallsPerSecond: 10, Resync: metav1.Duration{Duration: time.Hour}, Propagation: metav1.Duration{Duration: 2 * time.Minute},
		Keys: Keys{Algorithm: RS256, Bits: 3072, RotateAfter: metav1.Duration{Duration: 30 * 24 * time.Hour}, Ready: 1000},
	}
}

// selfServices are Digdir's self-service APIs.
var selfServices = twin{production: "https://api.samarbeid.digdir.no", test: "https://api.test.samarbeid.digdir.no", keeps: "clients"}

// How late a change may be known, and how soon and how late a key may be replaced. A key ends a year after it
// was registered (Digdir self-service API): at half of that there is time to mend what keeps it from being
// replaced.
const (
	latestPropagation = 10 * time.Minute
	soonestRotation   = time.Hour
	soonestTrial      = time.Second // outside production
	latestRotation    = 4380 * time.Hour
)

// What keys may be like. Digdir takes no shorter and no longer ones (Digdir self-service API).
var (
	keyAlgorithms = []KeyAlgorithm{RS256, RS384, RS512}
	keyBits       = []int{2048, 3072, 4096}
)

// mostReady is the most keys that are made ahead: 60 MB of memory, and three quarters of an hour of a processor's time.
const mostReady = 10_000

func validateSelfService(path *field.Path, selfService *SelfService, class EnvironmentClass) field.ErrorList {
	switch {
	case selfService == nil && class == Production:
		return field.ErrorList{field.Required(path, "in class Production Apps would run without the credentials they declare")}
	case selfService == nil:
		return nil
	}
	at := path.Child("url")
	address, wrong := selfServices.validate(at, selfService.URL, class)
	if address != nil && strings.Trim(address.Path, "/") != "" {
		wrong = append(wrong, field.Invalid(at, selfService.URL, "must have no path: it is the address of the whole API, as "+selfServices.of(class)))
	}
	wrong = append(wrong, validatePace(path, selfService.CallsPerSecond, selfService.Resync.Duration)...)
	if propagation := selfService.Propagation.Duration; propagation < 0 || propagation > latestPropagation {
		wrong = append(wrong, field.Invalid(path.Child("propagation"), propagation.String(), "must be 0s to 10m"))
	}
	return append(wrong, validateKeys(path.Child("keys"), selfService.Keys, class)...)
}

func validateKeys(path *field.Path, keys Keys, class EnvironmentClass) field.ErrorList {
	var wrong field.ErrorList
	if !slices.Contains(keyAlgorithms, keys.Algorithm) {
		wrong = append(wrong, field.NotSupported(path.Child("algorithm"), keys.Algorithm, keyAlgorithms))
	}
	if !slices.Contains(keyBits, keys.Bits) {
		wrong = append(wrong, field.Invalid(path.Child("bits"), keys.Bits, "must be 2048, 3072 or 4096"))
	}
	soonest, allowed := soonestTrial, "must be 1s to 4380h; less than 1h is for trials and refused in class Production"
	if class == Production {
		soonest, allowed = soonestRotation, "must be 1h to 4380h in class Production"
	}
	if after := keys.RotateAfter.Duration; after < soonest || after > latestRotation {
		wrong = append(wrong, field.Invalid(path.Child("rotateAfter"), after.String(), allowed))
	}
	if keys.Ready < 1 || keys.Ready > mostReady {
		wrong = append(wrong, field.Invalid(path.Child("ready"), keys.Ready, "must be 1 to 10000"))
	}
	return wrong
}
