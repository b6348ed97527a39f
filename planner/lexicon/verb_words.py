"""Word lists of the rules planner: verbs, and the words that look like verbs and are none.

Plain data, like `words.py`: lower case, verbs in their base form.
"""

from typing import Final

from planner.lexicon.words import word_set

VERBS: Final = word_set(
    "sit stand lie lay lean rest sleep nap doze relax lounge recline squat kneel crouch perch roost hang float drift",
    "hover fly soar glide swim dive walk stroll march wander roam run jog race chase follow jump leap hop skip climb",
    "crawl creep slither gallop trot graze eat chew bite lick drink sip nibble feed munch gnaw look stare gaze watch",
    "peek peer glance see face smile laugh cry yawn sniff smell hold carry wear ride drive pull push drag lift raise",
    "throw catch kick hit swing toss pitch bat bounce roll slide spin twirl dance play sing perform pose talk speak",
    "chat whisper shout listen read write draw paint type cook bake fry grill chop slice cut prepare serve pour stir",
    "mix wash clean wipe sweep brush comb dry iron fold build fix repair construct hammer dig plant water pick gather",
    "collect place set put arrange stack pile display decorate cover fill surround pack wrap tie attach mount park",
    "stop wait travel move pass cross turn lead take make use show give get come go bring fall drop land grow bloom",
    "blossom shine glow sparkle glisten glitter shimmer flicker burn smoke steam melt freeze flow drip wave flutter",
    "sway dangle hug kiss pet cuddle snuggle groom stroke touch point reach grab squeeze press hide emerge appear",
    "stick lurk loom tower overlook reflect contrast cast adorn frame line rise blow stretch curl huddle pant bark",
    "meow chirp croak quack roar buzz work study learn teach examine inspect check open close enter exit board skate",
    "ski surf skateboard snowboard row paddle sail fish hunt shoot compete practice train exercise celebrate enjoy",
    "admire explore visit shop sell buy dress seat situate locate position spread scatter tether chain fence enclose",
    "contain support prop balance wag swirl rustle rumble rattle speed zoom cruise head stay live exist gleam",
    "complement illuminate warm cradle share guard protect pounce extinguish style blend drape nestle intertwine",
    "trickle cascade crash smash lunge dart scurry scamper swoop suspend bear top spill overflow plug greet lap cower",
    "waddle frolic wrestle fight argue meet host hunch slump sprawl lurch tilt wedge tuck tangle stow load lock label",
    "mark print sketch carve peel crack break tear split bend twist weave knit sew stitch shave pedal steer navigate",
    "juggle bow blink wink say nod shake clap cheer pray meditate swaddle wade splash soak bathe shower spray rinse",
    "scrub polish dust vacuum depict picture feature portray clink light arrive depart approach rush hurry prowl",
    "steal knock dine chill keep add provide offer create refract grind brew flank taste knead sculpt stumble plunge",
    "descend ascend topple collapse explode erupt tumble trudge stride sprint leash tug tickle poke aim sprout wilt",
    "wither moor anchor dock hatch preen forage scoop drizzle sprinkle scrape dunk toast sink escape flee haul hoist",
    "heave trail zigzag parade yank salute applaud whistle hum snore sneeze discover unroll unfold tiptoe crumble",
    "shatter overgrow overrun encrust bump",
)
# How things stand somewhere: "on the floor lie four books".
POSTURES: Final = word_set("stand sit lie hang lean rest kneel perch float lurk stay")
# What a person says who asks for a picture.
REQUESTS: Final = word_set(
    "draw want need make create generate paint show imagine give like see design render produce put do have include",
    "depict illustrate picture visualize visualise sketch add let please love wish get write think look",
)
# What only beings do.
LIVING: Final = word_set(
    "hold wear carry ride eat drink read write smile laugh look play sing walk run jump dance sleep kneel"
)
# Verbs whose past forms are states ("parked", "hung"), not actions ("ran").
STATES: Final = word_set(
    "hang hide seat set make build break write draw wind cut spread park mount attach place pile stack tie chain",
    "tether cover fill perch curl drape nestle suspend fold wrap scatter surround dress situate locate position paint",
    "mark decorate arrange lean tuck wedge plug load pack open close line fence enclose frame display cook bake grill",
    "slice",
)
# Words that are far more often nouns in captions; verbs only where the grammar leaves no other reading.
NOUN_FIRST: Final = word_set(
    "skate light park watch face bat fish fly plant water paint drink cook iron fence chain board train row smoke",
    "fire ring ride walk play run swing slide dance pitch step plane stack pile display land glow wave point stick",
    "tower frame line top bear set use turn work study shop surf ski race paddle sail hammer drop roll dress seat",
    "comb brush dust vacuum shower spray mark label lock load print sketch cut slice saw stamp drill pack wrap plug",
    "spill shade chop lap file hit catch pass cross head school pet touch place cover look view picture show burn",
    "rest style tie mix feed bow peel crack tear bend twist nap spread mount perch steam cream snowboard skateboard",
    "stop kick complement support fall float sleep guard host share dart sparkle bark hug kiss spin drive grill hop",
)
# -ing words that are nouns, or that make a compound with the noun after them.
ING_NOUNS: Final = word_set(
    "building painting drawing ceiling ring king string wing swing spring thing earring clothing railing pudding",
    "dumpling duckling stocking wedding bedding icing frosting topping filling lightning awning evening morning sling",
    "sterling sibling seedling crossing opening dressing siding paving flooring covering crossing-guard setting being",
    "offspring starling gosling herring darling sapling piling housing plumbing stuffing lighting something nothing",
    "anything everything meeting gathering piercing",
)
ING_COMPOUNDS: Final = frozenset(
    tuple(pair.split("_"))
    for pair in word_set(
        "cutting_board dining_table dining_room living_room parking_meter parking_lot parking_garage parking_sign",
        "washing_machine sewing_machine rocking_chair rocking_horse walking_stick baking_sheet baking_pan cooking_pot",
        "frying_pan swimming_pool skating_rink boxing_glove boxing_gloves running_shoe running_shoes hiking_boot",
        "hiking_boots fishing_rod fishing_boat fishing_pole watering_can sleeping_bag shopping_cart shopping_bag",
        "shopping_mall racing_car racing_bike serving_dish mixing_bowl reading_glasses vending_machine folding_chair",
        "rolling_pin measuring_cup drinking_glass drinking_fountain wrapping_paper writing_desk building_block",
        "building_blocks soaring_bird changing_table drawing_board ironing_board knitting_needle sailing_boat",
        "sailing_ship training_wheel wedding_cake wedding_dress wedding_ring training_ground diving_board",
        "skiing_slope riding_boots swimming_trunks steering_wheel hanging_lamp hanging_plant drinking_cup",
    )
)
# Verbs after which "for" names what is seen: "reaches for a ball".
# Of which somebody else does what follows: "teaches a girl to ride".
GUIDING: Final = word_set("teach help show train ask tell let make allow encourage watch see")
TOWARDS: Final = word_set("looking staring gazing pointing reaching touching up")  # no place at what follows
REACHING: Final = word_set("reach dive leap lunge jump grab grasp stretch fight")
