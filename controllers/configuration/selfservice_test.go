// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// selfServiceOfTest and selfServiceOfProduction are to stand behind changed, in lines 30 and 31.
	selfServiceOfTest       = "selfService:\n  " + selfServiceURL + "\n"
	selfServiceOfProduction = "selfService:\n  url: https://api.samarbeid.digdir.no\n"
	selfServiceURL          = "url: https://api.test.samarbeid.digdir.no"
)

// ofProduction are pairs for changed.
var ofProduction = []string{class, "class: Production", issuer, "issuer: https://maskinporten.no/"}

// withSelfService is a valid file whose self-service has further lines.
func withSelfService(lines ...string) string {
	return changed() + selfServiceOfTest + strings.Join(append(lines, ""), "\n")
}

func TestLoadTheSelfService(t *testing.T) {
	usual := func(change func(*SelfService)) *SelfService {
		usual := &SelfService{
			URL: "https://api.test.samarbeid.digdir.no", CallsPerSecond: 10, Resync: metav1.Duration{Duration: time.Hour},
			Propagation: metav1.Duration{Duration: 2 * time.Minute},
			Keys:        Keys{Algorithm: RS256, Bits: 3072, RotateAfter: metav1.Duration{Duration: 720 * time.Hour}, Ready: 1000},
		}
		if change != nil {
			change(usual)
		}
		return usual
	}
	_, maskinportenOf, _ := strings.Cut(outside, "maskinporten:")
	production := usual(func(s *SelfService) { s.URL = "https://api.samarbeid.digdir.no" })
	for name, tc := range map[string]struct {
		file string
		want *SelfService
	}{
		"left out, is none":                         {changed(), nil},
		"without a value, is none":                  {changed() + "selfService:\n", nil},
		"given by its address, is as usual":         {withSelfService(), usual(nil)},
		"with keys without values, is as usual":     {withSelfService("  keys:", "  callsPerSecond:"), usual(nil)},
		"needs no registry":                         {valid + "maskinporten:" + maskinportenOf + selfServiceOfTest, usual(nil)},
		"may be on this machine":                    {changed() + strings.Replace(selfServiceOfTest, selfServiceURL, "url: http://127.0.0.1:8080", 1), usual(func(s *SelfService) { s.URL = "http://127.0.0.1:8080" })},
		"is production's in class Production":       {changed(ofProduction...) + selfServiceOfProduction + storageOfProduction, production},
		"may know of changes at once":               {withSelfService("  propagation: 0s"), usual(func(s *SelfService) { s.Propagation.Duration = 0 })},
		"may know of changes late":                  {withSelfService("  propagation: 10m"), usual(func(s *SelfService) { s.Propagation.Duration = 10 * time.Minute })},
		"may have short keys":                       {withSelfService("  keys: {bits: 2048}"), usual(func(s *SelfService) { s.Keys.Bits = 2048 })},
		"may have keys of another algorithm":        {withSelfService("  keys: {algorithm: RS384}"), usual(func(s *SelfService) { s.Keys.Algorithm = RS384 })},
		"may make one key ahead":                    {withSelfService("  keys: {ready: 1}"), usual(func(s *SelfService) { s.Keys.Ready = 1 })},
		"may make many keys ahead":                  {withSelfService("  keys: {ready: 10000}"), usual(func(s *SelfService) { s.Keys.Ready = 10000 })},
		"may rotate each second, for trials":        {withSelfService("  keys: {rotateAfter: 1s}"), usual(func(s *SelfService) { s.Keys.RotateAfter.Duration = time.Second })},
		"may rotate twice a year":                   {withSelfService("  keys: {rotateAfter: 4380h}"), usual(func(s *SelfService) { s.Keys.RotateAfter.Duration = 4380 * time.Hour })},
		"may rotate each hour, in class Production": {changed(ofProduction...) + selfServiceOfProduction + "  keys: {rotateAfter: 1h}\n" + storageOfProduction, func() *SelfService { p := *production; p.Keys.RotateAfter.Duration = time.Hour; return &p }()},
	} {
		t.Run(name, func(t *testing.T) {
			operator, err := Load(fileOf(t, tc.file))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, operator.SelfService); diff != "" {
				t.Errorf("self-service (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoadRefusesASelfServiceThatCannotBe(t *testing.T) {
	const timed = " must be a duration with its unit, as 30m or 1h"
	pace := func(line, want string) loadCase {
		return loadCase{file: withSelfService("  " + line), want: []string{"32: selfService." + want}}
	}
	url := func(url, want string) loadCase {
		return loadCase{
			file: changed() + strings.Replace(selfServiceOfTest, selfServiceURL, "url: "+url, 1), want: []string{"31: selfService.url: " + want},
		}
	}
	inProduction := func(selfService string, want ...string) loadCase {
		return loadCase{file: changed(ofProduction...) + selfService + storageOfProduction, want: want}
	}
	tryLoad(t, map[string]loadCase{
		"without tokens": {file: valid + selfServiceOfTest, want: []string{"1: maskinporten: Required value: self-service takes no call without a token from there"}},
		"without an address": {
			file: changed() + "selfService: {}\n", want: []string{"30: selfService.url: Required value: its address, as https://api.test.samarbeid.digdir.no"},
		},
		"of production in a test": url("https://api.samarbeid.digdir.no",
			`Invalid value: "https://api.samarbeid.digdir.no": is production's, whose clients are not for class Test: use https://api.test.samarbeid.digdir.no`),
		"of tests in production": inProduction(selfServiceOfTest,
			`31: selfService.url: Invalid value: "https://api.test.samarbeid.digdir.no": is for tests, and class Production must keep apart from them: use https://api.samarbeid.digdir.no`),
		"none in production": inProduction("", "1: selfService: Required value: in class Production Apps would run without the credentials they declare"),
		"with a path": url("https://api.test.samarbeid.digdir.no/api/v1",
			`Invalid value: "https://api.test.samarbeid.digdir.no/api/v1": must have no path: it is the address of the whole API, as https://api.test.samarbeid.digdir.no`),
		"over no encrypted connection": url("http://api.example.no",
			`Invalid value: "http://api.example.no": must begin with https://; http:// is for a host on this machine only, as localhost, and never in class Production`),
		"of no calls":                       pace("callsPerSecond: 0", "callsPerSecond: Invalid value: 0: must be more than 0 and at most 1000"),
		"of too many calls":                 pace("callsPerSecond: 1001", "callsPerSecond: Invalid value: 1001: must be more than 0 and at most 1000"),
		"looked at again too soon":          pace("resync: 59s", `resync: Invalid value: "59s": must be 1m to 24h`),
		"looked at again too late":          pace("resync: 25h", `resync: Invalid value: "25h0m0s": must be 1m to 24h`),
		"looked at again in words":          pace("resync: soon", `resync: "soon"`+timed),
		"that knows of changes before":      pace("propagation: -1s", `propagation: Invalid value: "-1s": must be 0s to 10m`),
		"that knows of changes too late":    pace("propagation: 10m1s", `propagation: Invalid value: "10m1s": must be 0s to 10m`),
		"that knows of changes in a number": pace("propagation: 5", "propagation: 5"+timed),
		"of an unknown key":                 pace("colour: red", "colour: "+unknown),
		"of an unknown key of keys":         pace("keys: {size: 2048}", "keys.size: "+unknown),
		"of another algorithm":              pace("keys: {algorithm: ES256}", `keys.algorithm: Unsupported value: "ES256": supported values: "RS256", "RS384", "RS512"`),
		"of no algorithm":                   pace(`keys: {algorithm: ""}`, `keys.algorithm: Unsupported value: "": supported values: "RS256", "RS384", "RS512"`),
		"of keys that are too short":        pace("keys: {bits: 1024}", "keys.bits: Invalid value: 1024: must be 2048, 3072 or 4096"),
		"of keys that are too long":         pace("keys: {bits: 5120}", "keys.bits: Invalid value: 5120: must be 2048, 3072 or 4096"),
		"of keys of an odd length":          pace("keys: {bits: 2049}", "keys.bits: Invalid value: 2049: must be 2048, 3072 or 4096"),
		"of keys of a length in words":      pace("keys: {bits: long}", "keys.bits: must be a whole number, not string"),
		"of no key made ahead":              pace("keys: {ready: 0}", "keys.ready: Invalid value: 0: must be 1 to 10000"),
		"of too many keys made ahead":       pace("keys: {ready: 10001}", "keys.ready: Invalid value: 10001: must be 1 to 10000"),
		"of keys made ahead in words":       pace("keys: {ready: many}", "keys.ready: must be a whole number, not string"),
		"that rotates all the time":         pace("keys: {rotateAfter: 999ms}", `keys.rotateAfter: Invalid value: "999ms": must be 1s to 4380h; less than 1h is for trials and refused in class Production`),
		"that rotates too seldom":           pace("keys: {rotateAfter: 4381h}", `keys.rotateAfter: Invalid value: "4381h0m0s": must be 1s to 4380h; less than 1h is for trials and refused in class Production`),
		"that rotates in days":              pace("keys: {rotateAfter: 30d}", `keys.rotateAfter: "30d"`+timed),
		"that rotates in a list":            pace("keys: {rotateAfter: [1h]}", `keys.rotateAfter: ["1h"]`+timed),
		"that rotates too often for production": inProduction(selfServiceOfProduction+"  keys: {rotateAfter: 59m}\n",
			`32: selfService.keys.rotateAfter: Invalid value: "59m0s": must be 1h to 4380h in class Production`),
		"of several durations, each one": {
			file: withSelfService("  resync: soon", "  propagation: later", "  keys:", "    rotateAfter: never"),
			want: []string{
				`35: selfService.keys.rotateAfter: "never"` + timed, `33: selfService.propagation: "later"` + timed, `32: selfService.resync: "soon"` + timed,
			},
		},
	})
}
