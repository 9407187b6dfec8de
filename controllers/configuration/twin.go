// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"net/url"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/catalogue"
)

// twin is a system that there is one of for production and one for tests, by their addresses.
type twin struct {
	production, test string
	// keeps is what production's has that is not for tests.
	keeps string
}

// issuersOf are where a solution's tokens come from.
func issuersOf(solution v1alpha1.Solution) twin {
	production, _ := catalogue.Of(solution, catalogue.Environment{Production: true})
	test, _ := catalogue.Of(solution, catalogue.Environment{})
	return twin{production: production.Issuer, test: test.Issuer, keeps: "keys and certificates"}
}

// of is the address for a class.
func (t twin) of(class EnvironmentClass) string {
	if class == Production {
		return t.production
	}
	return t.test
}

// validate gives the URL, nil when the text is none. It keeps test and production apart: what production's
// has is not for tests, and what a test is given is no proof of anything in production.
func (t twin) validate(path *field.Path, text string, class EnvironmentClass) (*url.URL, field.ErrorList) {
	address, wrong := validateURL(path, text, t.of(class), class)
	if address == nil {
		return nil, wrong
	}
	host := address.Hostname()
	switch {
	case class == Production && (strings.HasPrefix(host, "test.") || strings.Contains(host, ".test.")):
		wrong = append(wrong, field.Invalid(path, text, "is for tests, and class Production must keep apart from them: use "+t.production))
	case (class == Development || class == Test) && host == hostOf(t.production):
		wrong = append(wrong, field.Invalid(path, text, "is production's, whose "+t.keeps+" are not for class "+string(class)+": use "+t.test))
	}
	return address, wrong
}

// hostOf is the host of an address that is known to be one.
func hostOf(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return parsed.Hostname()
}
