"""The small case, by hand: four reps who sell packaging machines, 25 customers in six invented towns."""

from __future__ import annotations

import csv
from io import StringIO

REPS = """\
rep_id,name,team,role,lat,lon,skills,tiers,hours_per_week,starts,ends,ramp_weeks,max_customers,quota
maya,Maya Lind,Valley,farmer,52.00,-1.50,food:3;pharma:2,,,,,,,460000
tom,Tom Okafor,Valley,farmer,52.10,-0.72,food:2;export,,32,,,,,380000
ines,Ines Duarte,Coast,farmer,51.84,-1.22,pharma:3;export@2028-06-30,,20,,,,8,230000
kai,Kai Berg,Coast,hunter,52.28,-0.98,food,B;C,,2027-01-18,,8,,250000
"""

CUSTOMERS = """\
customer_id,name,tier,hours,lat,lon,potential,revenue,owner,relationship,requires,prefers,group,industry,segment,region
C01,Fenwick Dairy,A,,52.02,-1.46,210000,150000,maya,0.9,food:2,,,dairy,key,Millford
C02,Hollow Mill Bakery,B,,51.98,-1.52,60000,38000,maya,0.7,food,,,bakery,core,Millford
C03,Lindqvist Labels,C,,52.01,-1.49,18000,9000,maya,0.4,,,,printing,small,Millford
C04,Orchard Press,C,,52.03,-1.55,22000,12000,maya,0.5,,food,,juice,small,Millford
C05,Brightwell Pharma,A,,52.24,-1.32,240000,90000,maya,0.3,pharma:2,,,pharma,key,Ashby Cross
C06,Ashby Cross Brewery,B,,52.26,-1.28,75000,51000,maya,0.6,food,,,brewery,core,Ashby Cross
C07,Corner Pantry Ashby,C,,52.25,-1.31,15000,8000,maya,0.5,,,pantry,retail,small,Ashby Cross
C08,Corner Pantry Elmstead,C,,52.30,-0.97,16000,7000,maya,0.2,,,pantry,retail,small,Elmstead
C09,Northgate Meats,B,,52.23,-1.27,68000,40000,maya,0.4,food:2,,,meat,core,Ashby Cross
C10,Larkhill Labs,B,,51.86,-1.24,90000,62000,ines,0.9,pharma:2,,,pharma,core,Larkhill
C11,Dunmore Vaccines,B,45,51.84,-1.20,120000,70000,ines,0.8,pharma:3,,,pharma,core,Larkhill
C12,Sable Soap Works,C,,51.85,-1.27,20000,11000,ines,0.6,,,,cosmetics,small,Larkhill
C13,Wren Chocolates,B,,51.88,-1.30,55000,30000,maya,0.3,food,,,confectionery,core,Larkhill
C14,Harrow Bay Fish,A,,51.76,-0.92,180000,120000,tom,0.8,food:2,export,,seafood,key,Harrow Bay
C15,Tidewater Tea,B,,51.74,-0.88,64000,45000,tom,0.7,,export,,beverages,core,Harrow Bay
C16,Gull Island Salt,C,,51.70,-0.80,14000,6000,tom,0.4,,,,food,small,Harrow Bay
C17,Pilot Pet Food,C,,51.77,-0.95,24000,10000,ines,0.3,,food,,pet food,small,Harrow Bay
C18,Stonebridge Mills,A,,52.11,-0.70,200000,140000,tom,0.9,food:2,,,flour,key,Stonebridge
C19,Kestrel Coffee,B,,52.09,-0.74,58000,33000,tom,0.6,,food,,coffee,core,Stonebridge
C20,Bramble Jam,C,,52.12,-0.68,12000,7000,tom,0.5,food,,,preserves,small,Stonebridge
C21,Rook & Daughters,C,,52.08,-0.66,17000,9000,tom,0.5,,,,hardware,small,Stonebridge
C22,Elmstead Creamery,B,,52.31,-0.94,70000,36000,maya,0.2,food,,,dairy,core,Elmstead
C23,Juniper Gin,C,,52.29,-0.99,26000,11000,maya,0.2,,export,,spirits,small,Elmstead
C24,Hazel Valley Nuts,B,,52.33,-0.90,66000,0,,,,food,,snacks,core,Elmstead
C25,Quarry Lane Candles,C,,52.27,-1.02,19000,0,,,,,,household,small,Elmstead
"""

TASKS = """\
task_id,customer_id,kind,hours,earliest,due,priority,requires,doer,after,status
T01,C01,renewal,4,2027-01-11,2027-02-05,3,,,,open
T02,C05,demo,6,2027-01-18,2027-02-12,2,pharma:2,,,open
T03,C05,offer,3,2027-02-01,2027-03-05,2,,,T02,open
T04,C24,first visit,2,2027-01-18,2027-02-19,2,,kai,,open
T05,C24,demo,5,2027-02-08,2027-03-26,1,food,,T04,open
T06,C11,audit,4,2027-03-01,2027-03-31,3,pharma:3,ines,,open
T07,C14,renewal,4,2027-02-15,2027-03-19,3,,,,open
T08,C18,installation,8,2027-01-11,2027-02-26,2,food:2,,,open
T09,C18,training,4,2027-02-08,2027-03-26,1,,,T08,open
T10,C22,first visit,2,2027-01-18,2027-02-12,1,,,,open
T11,C06,demo,4,2026-12-07,2026-12-18,1,,,,done
T12,C16,offer,2,2027-01-11,2027-01-29,1,,,,cancelled
"""

ABSENCES = """\
rep_id,starts,ends
maya,2027-02-15,2027-02-19
tom,2027-03-22,2027-03-26
"""

LOCKS = """\
customer_id,rep_id,kind,reason,until
C01,maya,keep,the owners' families know each other,
C24,kai,force,Kai found this prospect,2027-12-31
C17,ines,forbid,the customer asked for somebody else,
C02,kai,forbid,a promise that has run out and is ignored,2026-06-30
"""

PAIRS = """\
customer_id,rep_id,hours,travel_hours,cost,allowed
C16,tom,,2.5,,
C16,ines,,14,,
C10,ines,24,,,
C22,kai,,,-4,
C03,tom,,,,false
"""

APART = """\
customer_a,customer_b
C18,C02
C10,C05
"""


def make_tables() -> dict[str, list[dict[str, str]]]:
    texts = {
        "reps": REPS,
        "customers": CUSTOMERS,
        "tasks": TASKS,
        "absences": ABSENCES,
        "locks": LOCKS,
        "pairs": PAIRS,
        "apart": APART,
    }
    return {table: list(csv.DictReader(StringIO(text))) for table, text in texts.items()}
