// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers"
	"github.com/altinn/serviceowner-operator/hack/cluster"
	"github.com/altinn/serviceowner-operator/hack/local"
)

// plane is a size of control plane.
type plane string

const (
	// bare is etcd and kube-apiserver: what the other operators were measured on.
	bare plane = "bare"
	// full adds controller manager, scheduler and simulated nodes: Apps become Ready.
	full plane = "full"
	// played is bare with an Azure that kwok plays: what is declared there becomes Ready.
	played plane = "played"
)

const (
	nodes = 3
	// patience bounds every wait for the control plane or the operator, but that for keys.
	patience = 10 * time.Minute
	// pollEvery is coarse, so that the harness takes no time from what it measures; times are those of
	// watch events, not of polls.
	pollEvery = 100 * time.Millisecond
	// settleFor is how long nothing may happen for things to count as settled. It is longer than any
	// delay the operator puts a pass off by while it works.
	settleFor = 3 * time.Second
)

// stage is a fresh control plane with the operator installed and running, and the service owners'
// namespaces made: where a measurement starts.
type stage struct {
	cluster  *cluster.Cluster
	admin    *rest.Config
	client   client.WithWatch
	operator *local.Operator
	made     *fixture
	plane    plane
}

// open builds a stage. Whoever opened it closes it; when it fails nothing is left.
func (s settings) open(ctx context.Context, plane plane, name, auditPolicy string, made *fixture) (*stage, error) {
	fmt.Printf("%s: starting a control plane, the operator and %d service owners\n", name, len(made.owners))
	if err := cluster.Down(s.plane); err != nil { // what a bench that was killed left behind
		return nil, err
	}
	options := cluster.Options{Dir: s.plane, AuditPolicy: auditPolicy}
	if plane == full {
		options.Controllers, options.Nodes = true, nodes
	}
	running, err := cluster.Up(ctx, options)
	if err != nil {
		return nil, err
	}
	st := &stage{cluster: running, made: made, plane: plane}
	if err := st.prepare(ctx, s, name); err != nil {
		return nil, errors.Join(err, st.close())
	}
	return st, nil
}

// prepare installs and starts the operator and lets it make the namespaces.
func (st *stage) prepare(ctx context.Context, s settings, name string) error {
	var err error
	if st.admin, err = st.cluster.Config(); err != nil {
		return err
	}
	st.admin.QPS = -1 // no limit
	// Built-in kinds go as protobuf and our own as JSON: what the operator's client does too.
	if st.client, err = client.NewWithWatch(st.admin, client.Options{Scheme: controllers.NewScheme()}); err != nil {
		return err
	}
	if err := st.install(ctx, s); err != nil {
		return err
	}
	address, err := freeAddress()
	if err != nil {
		return err
	}
	folder := filepath.Join(s.folder, name)
	if err := errors.Join(os.RemoveAll(folder), os.MkdirAll(folder, 0o700)); err != nil {
		return err
	}
	operator := &local.Operator{Binary: s.operator, Config: s.config, Log: filepath.Join(folder, "operator.log"), Metrics: address}
	if err := operator.Start(ctx, st.admin); err != nil {
		return err
	}
	st.operator = operator
	for i, owner := range st.made.owners {
		if err := st.client.Create(ctx, owner.DeepCopy()); err != nil {
			return fmt.Errorf("creating service owner %s: %w", owner.Name, err)
		}
		if err := st.client.Create(ctx, st.made.agreements[i].DeepCopy()); err != nil {
			return fmt.Errorf("creating the agreement of %s: %w", owner.Name, err)
		}
	}
	if err := st.until(ctx, st.ownersReady); err != nil {
		return err
	}
	return nil
}

// install makes the control plane know all kinds.
func (st *stage) install(ctx context.Context, s settings) error {
	if err := local.Install(ctx, st.client, s.root); err != nil || st.plane != played {
		return err
	}
	return local.InstallAzure(ctx, st.client, newPlayer(st.cluster, s.root), s.root)
}

// calm waits until the rest of the machine has been quiet for a while, but no longer than asked.
func (st *stage) calm(ctx context.Context, longest time.Duration) error {
	for end := time.Now().Add(longest); ; {
		before := st.usage()
		if err := sleep(ctx, settleFor); err != nil {
			return err
		}
		if spent(before, st.usage()).Disturbance < disturbed || time.Now().After(end) {
			return nil
		}
	}
}

// close stops the operator and the control plane, however far open came.
func (st *stage) close() error {
	st.stopOperator()
	return st.cluster.Down()
}

func (st *stage) stopOperator() {
	if st.operator != nil {
		st.operator.Stop()
		st.operator = nil
	}
}

// until polls until condition returns nil, for ten minutes at most. The operator's end ends the wait.
func (st *stage) until(ctx context.Context, condition func(context.Context) error) error {
	return st.within(ctx, patience, condition)
}

// within is until with another bound.
func (st *stage) within(ctx context.Context, longest time.Duration, condition func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	for {
		lacks := condition(ctx)
		if lacks == nil || errors.Is(lacks, errFinal) {
			return lacks
		}
		if st.operator != nil && len(st.operator.Ended()) > 0 {
			return fmt.Errorf("the operator ended by itself; its log is %s", st.operator.Log)
		}
		if err := sleep(ctx, pollEvery); err != nil {
			return fmt.Errorf("%w; last seen: %w", err, lacks)
		}
	}
}

// errFinal marks what waiting cannot mend.
var errFinal = errors.New("measuring is not possible")

func (st *stage) ownersReady(ctx context.Context) error {
	var owners v1alpha1.ServiceOwnerList
	if err := st.client.List(ctx, &owners); err != nil {
		return err
	}
	ready := 0
	for i := range owners.Items {
		if isReady(owners.Items[i].Status.Conditions) {
			ready++
		}
	}
	if ready < len(st.made.owners) {
		return fmt.Errorf("%d of %d service owners Ready", ready, len(st.made.owners))
	}
	return nil
}

func isReady(conditions []metav1.Condition) bool {
	return meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady)
}

// freeAddress asks the kernel for a free port of this machine.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("asking for a free port: %w", err)
	}
	address := listener.Addr().String()
	return address, listener.Close()
}

func sleep(ctx context.Context, duration time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(duration):
		return nil
	}
}
