// SPDX-License-Identifier: BSD-3-Clause

package registration_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/registry"
	"github.com/altinn/serviceowner-operator/controllers/internal/registration"
	"github.com/altinn/serviceowner-operator/controllers/internal/xacml"
)

// revisionOf is the revision of the usual plan with a change.
func revisionOf(change func(*registration.Plan)) string {
	plan := registration.Plan{Action: registration.Register, Entry: income()}
	change(&plan)
	return plan.Revision()
}

func TestRevisionStaysTheSameWhere(t *testing.T) {
	usual := revisionOf(func(*registration.Plan) {})
	for name, change := range map[string]func(*registration.Plan){
		"nothing changes":                     func(*registration.Plan) {},
		"the members stand in another order":  func(p *registration.Plan) { slices.Reverse(p.Entry.List.Members) },
		"what is there may be taken over":     func(p *registration.Plan) { p.Entry.Adopt = true },
		"a breaking change may be made":       func(p *registration.Plan) { p.Entry.AcceptsBreaking = true },
		"it is looked at again at an instant": func(p *registration.Plan) { p.Next = time.Unix(1, 0) },
		"the policy is rendered elsewhere": func(p *registration.Plan) {
			p.Entry.Policy = func() xacml.Policy { panic("to tell a revision, no policy is rendered") }
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := revisionOf(change); got != usual || got == "" {
				t.Errorf("want %s, got %s", usual, got)
			}
		})
	}
}

func TestRevisionIsAnotherWhere(t *testing.T) {
	seen := map[string]string{revisionOf(func(*registration.Plan) {}): "the usual one"}
	for name, change := range map[string]func(*registration.Plan){
		"it is withdrawn":            func(p *registration.Plan) { p.Action = registration.Withdraw },
		"what is shown changes":      func(p *registration.Plan) { p.Entry.Resource.Title = registry.Texts{"nb": "Inntekten"} },
		"who may give changes":       func(p *registration.Plan) { p.Entry.Rules = []any{false, v1alpha1.Givers{}} },
		"there are no rules":         func(p *registration.Plan) { p.Entry.Rules = nil },
		"there is no list":           func(p *registration.Plan) { p.Entry.List = registration.List{} },
		"the list is another":        func(p *registration.Plan) { p.Entry.List.Identifier = "skd-income-2" },
		"the list has another name":  func(p *registration.Plan) { p.Entry.List.Name = "May not ask" },
		"the list says another":      func(p *registration.Plan) { p.Entry.List.Description = "Not kept" },
		"a member is new":            func(p *registration.Plan) { p.Entry.List.Members = append(p.Entry.List.Members, "974761076") },
		"a member is gone":           func(p *registration.Plan) { p.Entry.List.Members = p.Entry.List.Members[1:] },
		"nobody is a member":         func(p *registration.Plan) { p.Entry.List.Members = nil },
		"it is shown to nobody":      func(p *registration.Plan) { p.Entry.Resource.Visible = !p.Entry.Resource.Visible },
		"the owner has another name": func(p *registration.Plan) { p.Entry.Resource.CompetentAuthority.Name = registry.Texts{"nb": "NAV"} },
	} {
		got := revisionOf(change)
		if same := seen[got]; same != "" {
			t.Errorf("%s: the revision is that of %s", name, same)
		}
		seen[got] = name
	}
}

// Whatever is shown of a resource is declared, but for what is the registry's own and never sent.
func TestEveryFieldOfAResourceMattersToTheRevision(t *testing.T) {
	usual := revisionOf(func(*registration.Plan) {})
	of := reflect.TypeFor[registry.ServiceResource]()
	for n := range of.NumField() {
		field := of.Field(n)
		t.Run(field.Name, func(t *testing.T) {
			got := revisionOf(func(p *registration.Plan) {
				set(t, reflect.ValueOf(&p.Entry.Resource).Elem().Field(n))
			})
			if got == usual {
				t.Errorf("another %s makes no other revision", field.Name)
			}
		})
	}
}

// set gives a field another value than the one it has.
func set(t *testing.T, field reflect.Value) {
	t.Helper()
	switch field.Kind() {
	case reflect.String:
		field.SetString(field.String() + "another")
	case reflect.Bool:
		field.SetBool(!field.Bool())
	case reflect.Int64:
		field.SetInt(field.Int() + 1)
	case reflect.Slice:
		element := reflect.New(field.Type().Elem()).Elem()
		set(t, element)
		field.Set(reflect.Append(field, element))
	case reflect.Map:
		made := reflect.MakeMap(field.Type())
		made.SetMapIndex(reflect.ValueOf("another"), reflect.Zero(field.Type().Elem()))
		field.Set(made)
	case reflect.Struct:
		set(t, field.Field(field.NumField()-1))
	default:
		t.Fatalf("a field of kind %s is not known to this test", field.Kind())
	}
}

func TestRevisionOfAWithdrawalIsThatOfAnyOther(t *testing.T) {
	first := registration.Plan{Action: registration.Withdraw, Entry: income()}
	second := registration.Plan{Action: registration.Withdraw}
	if first.Revision() != second.Revision() {
		t.Error("what was declared makes another withdrawal")
	}
}

func TestRevisionDoesNotDependOnTheOrderOfAThousandMembers(t *testing.T) {
	members := make([]string, 1000)
	for n := range members {
		members[n] = fmt.Sprintf("%09d", n)
	}
	first := revisionOf(func(p *registration.Plan) { p.Entry.List.Members = slices.Clone(members) })
	rand.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	before := slices.Clone(members)
	if first != revisionOf(func(p *registration.Plan) { p.Entry.List.Members = members }) {
		t.Error("the order matters")
	}
	if !slices.Equal(before, members) {
		t.Error("to tell the revision, what is declared was changed")
	}
}
