"""Made-up cases in clusters, one GeoJSON feature a line: `cases.py COUNT`."""
import random, sys
random.seed(1)
n=int(sys.argv[1])
cats="shopfront-overflow street-encroachment mobile-vendor night-market bicycle-parking motor-parking small-ads hanging".split()
st="reported filed dispatched handled closed".split(); so="patrol hotline citizen video superior".split()
cs=[(105.69+random.random()*.08,34.55+random.random()*.05) for _ in range(400)]
w=sys.stdout.write
for i in range(n):
    c=random.choice(cs)
    x=random.gauss(c[0],.002); y=random.gauss(c[1],.0015)
    w('{"type":"Feature","properties":{"external_id":"v%d","category":"%s","occurred_at":"20%02d-%02d-%02dT%02d:%02d:00Z","status":"%s","source":"%s","accuracy_m":%d,"description":"case %d by the road"},"geometry":{"type":"Point","coordinates":[%.7f,%.7f]}}\n'%(i,random.choice(cats),random.randint(18,25),random.randint(1,12),random.randint(1,28),random.randint(0,23),random.randint(0,59),random.choice(st),random.choice(so),random.randint(3,30),i,x,y))
