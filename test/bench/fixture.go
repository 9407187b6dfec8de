// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// maxOwners is how many different names ownerCode makes.
const maxOwners = 1000

// fixture are the resources a run creates.
type fixture struct {
	owners     []*v1alpha1.ServiceOwner
	agreements []*v1alpha1.DataProcessingAgreement // each owner's, in the same order
	apps       []*v1alpha1.App
}

// newFixture makes service owners, their agreements and Apps of the samples, so that they are what people write and pass
// admission. What outside systems would have to answer for is left out of the Apps: the bench measures
// the operator.
func newFixture(root string, owners, apps int) (*fixture, error) {
	var owner v1alpha1.ServiceOwner
	if err := readSample(root, "serviceowner-skd.yaml", &owner); err != nil {
		return nil, err
	}
	var agreement v1alpha1.DataProcessingAgreement
	if err := readSample(root, "dataprocessingagreement-skd.yaml", &agreement); err != nil {
		return nil, err
	}
	var app v1alpha1.App
	if err := readSample(root, "app-income.yaml", &app); err != nil {
		return nil, err
	}
	owner.Spec.GitOps = nil // what is measured creates its Apps itself
	app.Spec.Integrations, app.Spec.Consents, app.Spec.Authorization = nil, nil, nil
	app.Spec.Storage = v1alpha1.AppStorage{}
	made := &fixture{}
	number := firstOrganization
	for i := range owners {
		next := owner.DeepCopy()
		next.Name = ownerCode(i)
		number = nextOrganization(number)
		next.Spec.OrganizationNumber = v1alpha1.OrganizationNumber(fmt.Sprint(number))
		number++
		made.owners = append(made.owners, next)
		held := agreement.DeepCopy()
		held.Name, held.Spec.ServiceOwner = next.Name, v1alpha1.OrgCode(next.Name)
		made.agreements = append(made.agreements, held)
	}
	for i := range apps {
		next := app.DeepCopy()
		next.Name = fmt.Sprintf("app-%04d", i)
		next.Namespace = namespaceOf(i % owners)
		made.apps = append(made.apps, next)
	}
	return made, nil
}

// newUnevenFixture makes two service owners: the first has so many Apps, the second so many others.
func newUnevenFixture(root string, apps, others int) (*fixture, error) {
	made, err := newFixture(root, 2, apps+others)
	if err != nil {
		return nil, err
	}
	for i, app := range made.apps {
		app.Namespace = namespaceOf(0)
		if i >= apps {
			app.Namespace = namespaceOf(1)
		}
	}
	return made, nil
}

func readSample(root, name string, into any) error {
	text, err := os.ReadFile(filepath.Join(root, "config", "samples", name))
	if err != nil {
		return fmt.Errorf("reading a sample: %w", err)
	}
	if err := yaml.UnmarshalStrict(text, into); err != nil {
		return fmt.Errorf("reading sample %s: %w", name, err)
	}
	return nil
}

func ownerCode(index int) string { return fmt.Sprintf("bench%03d", index) }

func namespaceOf(owner int) string { return v1alpha1.NamespacePrefix + ownerCode(owner) }

// firstOrganization starts a range that Enhetsregisteret gives to nobody yet.
const firstOrganization = 800000000

// nextOrganization returns the first number from here on whose last digit is the check digit of the
// others by modulus 11, as in every Norwegian organisation number.
func nextOrganization(number int) int {
	for ; ; number++ {
		sum, rest := 0, number/10
		for _, weight := range []int{2, 3, 4, 5, 6, 7, 2, 3} {
			sum += weight * (rest % 10)
			rest /= 10
		}
		if digit := (11 - sum%11) % 11; digit == number%10 {
			return number
		}
	}
}

// inParallel calls do with each number below count, from so many workers, and returns the first error,
// after which no more calls are begun.
func inParallel(ctx context.Context, workers, count int, do func(context.Context, int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	numbers := make(chan int)
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for i := range numbers {
				if err := do(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	for i := 0; i < count && ctx.Err() == nil; i++ {
		select {
		case numbers <- i:
		case <-ctx.Done():
		}
	}
	close(numbers)
	wait.Wait()
	return context.Cause(ctx)
}
