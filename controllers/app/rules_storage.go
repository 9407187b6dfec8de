// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"fmt"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// kept is the part of an App that problems with what it keeps are listed under, where no condition speaks of it.
const kept = "Storage"

// storageThere warns that what the App is to keep is kept nowhere, which no production may do. It limits nothing:
// an installation for development need not have storage, and an App can be tried without.
func storageThere(facts Facts) []decide.Finding {
	if facts.Storage != nil || len(facts.App.Spec.Storage.Containers) == 0 {
		return nil
	}
	return []decide.Finding{{
		Effect: decide.Warn, Part: kept,
		Message: "This installation keeps no data for Apps: none of spec.storage.containers is made",
		Actor:   v1alpha1.ActorPlatform, Remedy: "Name a storage.provider in the operator's configuration",
	}}
}

// leftBehind warns of what the App's data was kept in under another configuration.
func leftBehind(facts Facts) []decide.Finding {
	return facts.Storage.LeftBehind(kept, facts.App.Status.Children, isUsual)
}

// usual are the kinds of what an App has wherever its data is kept, with their versions.
var usual = map[string]string{
	"ConfigMap": "v1", "ServiceAccount": "v1", "Service": "v1", "Deployment": "apps/v1", "ControllerRevision": "apps/v1",
	"NetworkPolicy": "networking.k8s.io/v1", "Ingress": "networking.k8s.io/v1", "HTTPRoute": "gateway.networking.k8s.io/v1",
	"HorizontalPodAutoscaler": "autoscaling/v2", "PodDisruptionBudget": "policy/v1", "CiliumNetworkPolicy": "cilium.io/v2",
}

func isUsual(ref v1alpha1.Child) bool { return usual[ref.Kind] == ref.APIVersion }

// placesKnown holds an App while it cannot be told where its owner's data is: data that has left would not be seen.
func placesKnown(facts Facts) []decide.Finding {
	if facts.PlacesUnknown == nil {
		return nil
	}
	return []decide.Finding{{
		Effect: decide.Hold, Reason: v1alpha1.ReasonStorageRefused,
		Message: fmt.Sprintf("What service owner %s keeps its data in cannot be made: %v", facts.Code, facts.PlacesUnknown),
		Actor:   v1alpha1.ActorPlatform,
		Remedy:  fmt.Sprintf("Look at kubectl describe serviceowner %s; the App follows by itself", facts.Code),
	}}
}

// stands adds to a verdict how that stands which the App keeps data in, by the spec that its pods go by. It decides
// nothing: pods wait for their data by themselves, since what tells them where it is stands when the data does.
func stands(verdict *decide.Verdict, facts Facts) {
	makes := verdict.Action == decide.ActionAdmit || verdict.Action != decide.ActionHold && facts.Admitted != nil
	if !makes && len(facts.recorded()) == 0 {
		return // there is nothing, and is to be nothing
	}
	share, err := facts.share(facts.goesBy(verdict.Action), accessFor(verdict.Action))
	if err != nil || len(share.Children) == 0 { // what cannot be rendered is told of where it is
		return
	}
	storage.Tell(verdict, facts.Storage.Name, facts.Storage.Missing(), facts.Storage.Judge(share.Children, facts.Standing))
}

// goesBy is the App with the spec that its children are made from.
func (f Facts) goesBy(action decide.Action) *v1alpha1.App {
	if f.Admitted == nil || action == decide.ActionAdmit {
		return f.App
	}
	return f.Admitted.of(f.App)
}

// accessFor is what the pods of an App may do with its data, by what becomes of the App: out of service, nobody
// gets at it in the App's name.
func accessFor(action decide.Action) storage.Access {
	if action == decide.ActionWithdraw {
		return storage.Withdrawn
	}
	return storage.Granted
}
