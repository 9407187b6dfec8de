// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"go4.org/netipx"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Range is a range of addresses, and what it is.
type Range struct {
	// CIDR is the range.
	CIDR netip.Prefix
	// What is it, as people read it.
	What string
}

const (
	secrets  = "where a cloud tells machines their secrets"
	platform = "the platform's own"
	private  = "private, and so taken for the platform's own"
)

// never are open to nobody, whoever gives them. Clouds answer machines there, and take whoever asks for the machine:
// Azure, AWS and Google at 169.254.169.254, and at other addresses beside it; AWS and Google over IPv6 as well, and
// Azure's host at 168.63.129.16.
var never = []Range{
	{netip.MustParsePrefix("169.254.0.0/16"), secrets}, // link-local (RFC 3927)
	{netip.MustParsePrefix("fe80::/10"), secrets},      // link-local (RFC 4291 §2.5.6)
	{netip.MustParsePrefix("fd00:ec2::/32"), secrets},
	{netip.MustParsePrefix("fd20:ce::/32"), secrets},
	{netip.MustParsePrefix("168.63.129.16/32"), "where Azure's host answers its machines"},
}

// privateRanges are what clusters take their own addresses from (RFC 1918, RFC 6598, RFC 4193).
var privateRanges = []Range{
	{netip.MustParsePrefix("10.0.0.0/8"), private},
	{netip.MustParsePrefix("172.16.0.0/12"), private},
	{netip.MustParsePrefix("192.168.0.0/16"), private},
	{netip.MustParsePrefix("100.64.0.0/10"), private},
	{netip.MustParsePrefix("fc00::/7"), private},
}

// mapped are IPv4 addresses in the form of IPv6 (RFC 4291 §2.5.5.2). On the wire there are none, and engines differ in
// what they make of them.
var mapped = Range{netip.MustParsePrefix("::ffff:0:0/96"), "IPv4 addresses written as IPv6"}

// InForce is the provider, the usual one when none is given.
func (e Egress) InForce() EgressProvider { return cmp.Or(e.Provider, EgressNetworkPolicy) }

// ByName says whether hosts are opened by their names.
func (e Egress) ByName() bool { return e.Provider == EgressCilium }

// Barred are addresses that stay closed.
type Barred struct {
	ranges []Range
	set    *netipx.IPSet
}

// built are the sets made so far, by what is internal: each pass of each App asks for the one of the configuration.
var built sync.Map

// Barred are those that stay closed whoever asks for them, this configuration included.
func (e Egress) Barred() Barred {
	key := strings.Join(e.Internal, " ")
	if known, ok := built.Load(key); ok {
		return known.(Barred)
	}
	made, _ := built.LoadOrStore(key, barred(never, e.internal()))
	return made.(Barred)
}

var barredPrivate = barred(never, privateRanges)

// BarredToApps are those that a range which an App names does not open: where the configuration does not say what is
// internal, all that is private may be.
func (e Egress) BarredToApps() Barred {
	if len(e.Internal) == 0 {
		return barredPrivate
	}
	return e.Barred()
}

// internal are the platform's own ranges. Load has refused what is no range.
func (e Egress) internal() []Range {
	var ranges []Range
	for _, cidr := range e.Internal {
		if prefix, ok := parseRange(cidr); ok {
			ranges = append(ranges, Range{prefix, platform})
		}
	}
	return ranges
}

func barred(ranges ...[]Range) Barred {
	all := slices.Concat(ranges...)
	var builder netipx.IPSetBuilder
	for _, one := range all {
		builder.AddPrefix(one.CIDR)
	}
	set, err := builder.IPSet()
	if err != nil { // an invalid prefix alone, and there is none
		panic(err)
	}
	return Barred{ranges: all, set: set}
}

// Prefixes are all that is barred, in order, each address once.
func (b Barred) Prefixes() []netip.Prefix { return b.set.Prefixes() }

// Opening is what of a range of addresses may be opened.
type Opening struct {
	// CIDR is the range; Except what of it stays closed, parts of it that do not overlap. Both are zero when
	// nothing may be opened.
	CIDR   netip.Prefix
	Except []netip.Prefix
	// By are the ranges that bar what stays closed; none when nothing does, or when what was given is no range.
	By []Range
}

// Open tells what of a range may be opened.
func (b Barred) Open(cidr string) Opening {
	prefix, ok := parseRange(cidr)
	if !ok {
		if given, err := netip.ParsePrefix(cidr); err == nil && given.Addr().Is4In6() {
			return Opening{By: []Range{mapped}}
		}
		return Opening{}
	}
	if !b.set.OverlapsPrefix(prefix) {
		return Opening{CIDR: prefix}
	}
	by := slices.DeleteFunc(slices.Clone(b.ranges), func(one Range) bool { return !one.CIDR.Overlaps(prefix) })
	if b.set.ContainsPrefix(prefix) {
		return Opening{By: by}
	}
	var builder netipx.IPSetBuilder
	builder.AddPrefix(prefix)
	builder.Intersect(b.set)
	closed, err := builder.IPSet()
	if err != nil { // as in barred
		panic(err)
	}
	return Opening{CIDR: prefix, Except: closed.Prefixes(), By: by}
}

// parseRange reads a range in the one form it has, without bits beyond its length.
func parseRange(cidr string) (netip.Prefix, bool) {
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil || prefix.Addr().Is4In6() {
		return netip.Prefix{}, false
	}
	return prefix.Masked(), true
}

const aRange = "must be a range of addresses, as 139.105.36.164/32"

// validateEgress looks at egress, and at addresses given elsewhere that what is internal contradicts.
func validateEgress(path *field.Path, operator *Operator) field.ErrorList {
	egress := operator.Egress
	var wrong field.ErrorList
	providers := []EgressProvider{EgressNetworkPolicy, EgressCilium}
	if !slices.Contains(providers, egress.InForce()) {
		wrong = append(wrong, field.NotSupported(path.Child("provider"), egress.Provider, providers))
	}
	for i, cidr := range egress.Internal {
		prefix, ok := parseRange(cidr)
		if !ok {
			wrong = append(wrong, field.Invalid(path.Child("internal").Index(i), cidr, aRange))
		} else if prefix.Bits() == 0 {
			wrong = append(wrong, field.Invalid(path.Child("internal").Index(i), cidr, "would close everything: name the ranges of pods, Services, nodes and the API server"))
		}
	}
	if egress.ByName() && len(egress.Internal) == 0 {
		wrong = append(wrong, field.Required(path.Child("internal"), "with provider Cilium a name may lead anywhere: name the ranges of pods, Services, nodes and the API server, which none may lead to"))
	}
	barred := egress.Barred()
	for _, host := range slices.Sorted(maps.Keys(egress.Hosts)) {
		at := path.Child("hosts").Key(host)
		for _, message := range validation.IsDNS1123Subdomain(host) {
			wrong = append(wrong, field.Invalid(at, host, message))
		}
		for i, cidr := range egress.Hosts[host] {
			if _, ok := parseRange(cidr); !ok {
				wrong = append(wrong, field.Invalid(at.Index(i), cidr, aRange))
				continue
			}
			wrong = append(wrong, unopenable(at.Index(i), cidr, barred)...)
		}
	}
	return append(wrong, validateInternal(operator)...)
}

// validateInternal holds addresses of storage and of solutions against what is internal: the file would say of them
// both that Apps reach them and that they do not. What is wrong with them by themselves is told where they are.
func validateInternal(operator *Operator) field.ErrorList {
	internal := barred(operator.Egress.internal())
	var wrong field.ErrorList
	if storage := operator.Storage; storage != nil && storage.Azure != nil {
		for i, cidr := range storage.Azure.Addresses {
			wrong = append(wrong, unopenable(field.NewPath("storage", "azure", "addresses").Index(i), cidr, internal)...)
		}
	}
	for _, solution := range slices.Sorted(maps.Keys(operator.Catalogue)) {
		for i, host := range operator.Catalogue[solution].Hosts {
			at := field.NewPath("catalogue").Key(string(solution)).Child("hosts").Index(i).Child("addresses")
			for j, cidr := range host.Addresses {
				wrong = append(wrong, unopenable(at.Index(j), cidr, internal)...)
			}
		}
	}
	return wrong
}

// unopenable refuses a range of which nothing could be opened.
func unopenable(path *field.Path, cidr string, barred Barred) field.ErrorList {
	opening := barred.Open(cidr)
	if opening.CIDR.IsValid() || len(opening.By) == 0 {
		return nil
	}
	by := opening.By[0]
	reason := by.What
	if by.What == platform {
		reason += ", by egress.internal"
	}
	return field.ErrorList{field.Invalid(path, cidr, "stays closed: it lies in "+by.CIDR.String()+", "+reason)}
}
