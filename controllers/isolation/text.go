// SPDX-License-Identifier: BSD-3-Clause

package isolation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
)

// String says what is let through, and from or to whom: "TCP 5005 from all pods of namespaces with team=x".
func (o Opening) String() string {
	word := "from"
	if o.Direction == networkingv1.PolicyTypeEgress {
		word = "to"
	}
	return o.Ports.String() + " " + word + " " + o.Peer.String()
}

// String says who it is: "all pods of namespace a", "10.0.0.0/8 without 10.1.0.0/16", "everywhere".
func (p Peer) String() string {
	var texts []string
	if p.Pods != nil {
		texts = append(texts, p.Pods.String())
	}
	if p.Addresses != nil {
		texts = append(texts, p.Addresses.String())
	}
	return cmp.Or(strings.Join(texts, " and "), "everywhere")
}

// String says which pods, and of which namespaces.
func (p *PodPeer) String() string {
	pods, namespaces := "all pods", "all namespaces"
	if terms := termsOf(p.Pods); terms != "" {
		pods = "pods with " + terms
	}
	if terms := termsOf(p.Namespaces); terms != "" {
		namespaces = "namespaces with " + terms
	}
	if requirements, _ := p.Namespaces.Requirements(); len(requirements) == 1 {
		switch names, _ := namesOf(p.Namespaces); len(names) {
		case 0:
		case 1:
			namespaces = "namespace " + names[0]
		default:
			namespaces = "namespaces " + list(names)
		}
	}
	return pods + " of " + namespaces
}

// termsOf is a selector as people read it; empty when it selects all.
func termsOf(selector labels.Selector) string {
	requirements, selectable := selector.Requirements()
	if !selectable {
		return "labels that none has"
	}
	terms := make([]string, 0, len(requirements))
	for i := range requirements {
		terms = append(terms, termOf(&requirements[i]))
	}
	slices.Sort(terms)
	return list(slices.Compact(terms))
}

func termOf(requirement *labels.Requirement) string {
	values := slices.Compact(slices.Sorted(slices.Values(requirement.ValuesUnsorted())))
	switch requirement.Operator() {
	case selection.Exists:
		return "any " + requirement.Key()
	case selection.DoesNotExist:
		return "no " + requirement.Key()
	case selection.NotIn, selection.NotEquals:
		return requirement.Key() + " not " + strings.Join(values, " or ")
	case selection.In, selection.Equals, selection.DoubleEquals:
		return requirement.Key() + "=" + strings.Join(values, " or ")
	default:
		return requirement.String()
	}
}

// list is "a", "a and b", "a, b and c".
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// String says which range: "10.0.0.0/8 without 10.1.0.0/16".
func (a *Addresses) String() string {
	text := a.CIDR.String()
	if len(a.Except) > 0 {
		parts := make([]string, 0, len(a.Except))
		for _, part := range a.Except {
			parts = append(parts, part.String())
		}
		slices.Sort(parts)
		text += " without " + list(slices.Compact(parts))
	}
	return text
}

// String says which ports: "TCP 80, 443 and 8000-9000, UDP 53"; "everything" when it is all, "nothing" when none.
func (p Ports) String() string {
	if p.Equal(AllPorts()) {
		return "everything"
	}
	var texts []string
	for i, protocol := range protocols {
		if text := p.protocolString(i); text != "" {
			texts = append(texts, string(protocol)+" "+text)
		}
	}
	if p.rest {
		texts = append(texts, "protocols without ports")
	}
	return cmp.Or(strings.Join(texts, ", "), "nothing")
}

func (p Ports) protocolString(protocol int) string {
	var words []string
	for _, numbers := range p.spans[protocol] {
		switch {
		case numbers == everyNumber[0]:
			words = append(words, "on all ports")
		case numbers.first == numbers.last:
			words = append(words, fmt.Sprint(numbers.first))
		default:
			words = append(words, fmt.Sprintf("%d-%d", numbers.first, numbers.last))
		}
	}
	for _, name := range p.names {
		switch {
		case name.protocol != protocol:
		case name.number == 0:
			words = append(words, name.name)
		default:
			words = append(words, fmt.Sprintf("%s (%d)", name.name, name.number))
		}
	}
	return list(words)
}
