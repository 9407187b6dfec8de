// SPDX-License-Identifier: BSD-3-Clause

package isolation

import (
	"cmp"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
)

// The protocols that a rule can name, in the order of texts.
var protocols = [...]corev1.Protocol{corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP}

// The numbers a port can have.
const (
	firstPort = 1
	lastPort  = 65535
)

// Ports is a set of ports, those with numbers and those a policy names, which mean what the called pod makes of
// them. It is a value: nothing changes one. The zero value has no port.
type Ports struct {
	// spans are numbers by protocol, in the order of protocols: sorted, and apart from each other.
	spans [len(protocols)][]span
	// names are sorted, and no two are alike.
	names []portName
	// rest is what has no ports, as ICMP. Only a rule that says nothing of ports opens it.
	rest bool
}

// span is the numbers from first to last, both in it.
type span struct{ first, last int32 }

// portName is a port by its name.
type portName struct {
	protocol int // index in protocols
	name     string
	number   int32 // what the name means to the pod that is called; 0 when that is not known
}

// AllPorts is what a rule opens that says nothing of ports: all of every protocol, also of those without ports.
func AllPorts() Ports {
	ports := Ports{rest: true}
	for p := range protocols {
		ports.spans[p] = everyNumber
	}
	return ports
}

var everyNumber = []span{{firstPort, lastPort}}

// PortsOf is what the ports of a rule open; all when there are none. A port without a protocol is TCP, one without a
// number is all of its protocol. The error says which value cannot be read.
func PortsOf(list []networkingv1.NetworkPolicyPort) (Ports, error) {
	if len(list) == 0 {
		return AllPorts(), nil
	}
	var all Ports
	for i := range list {
		ports, err := portsOf(&list[i])
		if err != nil {
			return Ports{}, err
		}
		all = all.Union(ports)
	}
	return all, nil
}

func portsOf(port *networkingv1.NetworkPolicyPort) (Ports, error) {
	protocol := corev1.ProtocolTCP
	if port.Protocol != nil {
		protocol = *port.Protocol
	}
	p := slices.Index(protocols[:], protocol)
	if p < 0 {
		return Ports{}, fmt.Errorf("protocol %q is none of TCP, UDP and SCTP", protocol)
	}
	var ports Ports
	switch {
	case port.EndPort != nil && (port.Port == nil || port.Port.Type == intstr.String):
		return Ports{}, fmt.Errorf("endPort %d has no number to begin from", *port.EndPort)
	case port.Port == nil:
		ports.spans[p] = everyNumber
	case port.Port.Type == intstr.String:
		if problems := validation.IsValidPortName(port.Port.StrVal); len(problems) > 0 {
			return Ports{}, fmt.Errorf("port %q is no name of a port: %s", port.Port.StrVal, problems[0])
		}
		ports.names = []portName{{protocol: p, name: port.Port.StrVal}}
	default:
		numbers, err := spanOf(port.Port.IntVal, port.EndPort)
		if err != nil {
			return Ports{}, err
		}
		ports.spans[p] = []span{numbers}
	}
	return ports, nil
}

func spanOf(first int32, end *int32) (span, error) {
	numbers := span{first, first}
	if end != nil {
		numbers.last = *end
	}
	if numbers.first < firstPort || numbers.last > lastPort || numbers.last < numbers.first {
		return span{}, fmt.Errorf("ports %d to %d are not within 1 to 65535, the lower first", numbers.first, numbers.last)
	}
	return numbers, nil
}

// IsEmpty says whether no port is in the set.
func (p Ports) IsEmpty() bool {
	for _, spans := range p.spans {
		if len(spans) > 0 {
			return false
		}
	}
	return len(p.names) == 0 && !p.rest
}

// Equal says whether both sets are the same. A name is equal to itself only, whatever it means to a pod.
func (p Ports) Equal(other Ports) bool {
	for i := range p.spans {
		if !slices.Equal(p.spans[i], other.spans[i]) {
			return false
		}
	}
	return slices.Equal(p.names, other.names) && p.rest == other.rest
}

// Has says whether a number of a protocol is in the set, be it by a name that is known to mean it.
func (p Ports) Has(protocol string, number int32) bool {
	i := slices.Index(protocols[:], corev1.Protocol(protocol))
	return i >= 0 && within([]span{{number, number}}, p.numbers(i))
}

// Contains says whether all of the other set is in this one. A name is in a set that has the same name, the number it
// is known to mean, or all numbers of its protocol; nothing else is said of a name whose number is not known.
func (p Ports) Contains(other Ports) bool {
	return other.Without(p).IsEmpty()
}

// Union is what is in one of the sets.
func (p Ports) Union(other Ports) Ports {
	switch {
	case p.IsEmpty():
		return other
	case other.IsEmpty():
		return p
	}
	union := Ports{rest: p.rest || other.rest}
	for i := range p.spans {
		union.spans[i] = merge(p.spans[i], other.spans[i])
	}
	union.names = sortedNames(slices.Concat(p.names, other.names))
	return union
}

// Intersect is what is in both sets, and of names those that are known to be.
func (p Ports) Intersect(other Ports) Ports {
	both := Ports{rest: p.rest && other.rest}
	for i := range p.spans {
		both.spans[i] = overlap(p.numbers(i), other.numbers(i))
	}
	for _, name := range p.names {
		if other.includes(name) {
			both.names = append(both.names, name)
		}
	}
	for _, name := range other.names {
		if p.includes(name) {
			both.names = append(both.names, name)
		}
	}
	both.names = sortedNames(both.names)
	return both
}

// Without is what is in this set and not known to be in the other.
func (p Ports) Without(other Ports) Ports {
	left := Ports{rest: p.rest && !other.rest}
	for i := range p.spans {
		left.spans[i] = subtract(p.spans[i], other.numbers(i))
	}
	for _, name := range p.names {
		if !other.includes(name) {
			left.names = append(left.names, name)
		}
	}
	return left
}

// Resolve is the set with numbers in the place of names, as a pod with these container ports sees it: a name that it
// has not, or has with another protocol, opens nothing.
func (p Ports) Resolve(containers map[string]NamedPort) Ports {
	if len(p.names) == 0 {
		return p
	}
	known := p.learn(containers)
	for i := range known.spans {
		known.spans[i] = known.numbers(i)
	}
	known.names = nil
	return known
}

// learn is the set with the numbers of the names that the pod has; the others stay as they are.
func (p Ports) learn(containers map[string]NamedPort) Ports {
	if len(p.names) == 0 {
		return p
	}
	names := slices.Clone(p.names)
	for i := range names {
		port, there := containers[names[i].name]
		if there && cmp.Or(port.Protocol, string(corev1.ProtocolTCP)) == string(protocols[names[i].protocol]) {
			names[i].number = port.Number
		}
	}
	p.names = sortedNames(names)
	return p
}

// numbers are those of a protocol, with those that names are known to mean.
func (p Ports) numbers(protocol int) []span {
	numbers := p.spans[protocol]
	for _, name := range p.names {
		if name.protocol == protocol && name.number != 0 {
			numbers = merge(numbers, []span{{name.number, name.number}})
		}
	}
	return numbers
}

// includes says whether a name is in the set, as Contains has it.
func (p Ports) includes(name portName) bool {
	for _, other := range p.names {
		if other.protocol == name.protocol && other.name == name.name {
			return true
		}
	}
	numbers := p.numbers(name.protocol)
	return within(everyNumber, numbers) || name.number != 0 && within([]span{{name.number, name.number}}, numbers)
}

func sortedNames(names []portName) []portName {
	slices.SortFunc(names, func(a, b portName) int {
		return cmp.Or(cmp.Compare(a.protocol, b.protocol), cmp.Compare(a.name, b.name), cmp.Compare(a.number, b.number))
	})
	return slices.Compact(names)
}
